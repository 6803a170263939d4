using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Tests;

internal sealed class HistogramTests
{
    [Test]
    public void The_tail_is_kept()
    {
        Histogram histogram = new();
        for (int i = 0; i < 99_989; i++)
        {
            histogram.Record(100);
        }
        for (int i = 0; i < 10; i++)
        {
            histogram.Record(1_000_000);
        }
        histogram.Record(5_000_000_000);

        Assert.That(histogram.Percentile(0.9998), Is.EqualTo(100));
        Assert.That(histogram.Percentile(0.9999), Is.EqualTo(1_000_000).Within(1).Percent);
        Assert.That(histogram.Percentile(1), Is.EqualTo(5_000_000_000));
        Assert.That(histogram.Maximum, Is.EqualTo(5_000_000_000));
        Assert.That(histogram.Mean, Is.EqualTo((99_989 * 100 + 10 * 1_000_000.0 + 5_000_000_000) / 100_000));
    }

    [Test]
    public void A_percentile_is_at_most_0_8_percent_too_high_and_never_too_low()
    {
        Random random = new(20261122);
        for (int i = 0; i < 10_000; i++)
        {
            Histogram histogram = new();
            long value = random.NextInt64(1L << random.Next(62));
            histogram.Record(value);
            histogram.Record(long.MaxValue >> 1);
            Assert.That(histogram.Percentile(0.5), Is.InRange(value, value + value * 0.008));
        }
    }
}
