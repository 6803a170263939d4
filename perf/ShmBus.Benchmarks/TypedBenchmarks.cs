using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using ShmBus.MessagePack;
using ShmBus.Serialization;

namespace ShmBus.Benchmarks;

/// <summary>
/// One message from a typed publisher to a typed subscriber of the same thread, by each serializer: what it costs and allocates to write the
/// message into the ring and to read it there.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory), CategoriesColumn, HideColumns("Error", "StdDev", "Median", "RatioSD")]
public class TypedBenchmarks : IDisposable
{
    private readonly Line<Quote> _quoteCopy = new(MessageSerializer.Unmanaged<Quote>());
    private readonly Line<Quote> _quotePacked = new(Quote.MessagePack);
    private readonly Line<Quote> _quoteJson = new(MessageSerializer.Json(MessageContext.Default.Quote));
    private readonly Line<Reading> _readingPacked = new(Reading.MessagePack);
    private readonly Line<Reading> _readingJson = new(MessageSerializer.Json(MessageContext.Default.Reading));
    private readonly Line<Customer> _customerPacked = new(Customer.MessagePack);
    private readonly Line<Customer> _customerJson = new(MessageSerializer.Json(MessageContext.Default.Customer));
    private readonly Line<Order> _orderPacked = new(Order.MessagePack);
    private readonly Line<Order> _orderJson = new(MessageSerializer.Json(MessageContext.Default.Order));

    private readonly Quote _quote = new(1_234_567, 101.25, 101.5, 300, 5_000, 1_763_740_000_000_000, 101.375, 17);
    private readonly Reading _reading = new(42, 21.5, 1013.25, new DateTime(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc), true);
    private readonly Customer _customer = new(42, "Ada Lovelace", "ada@example.org", new DateTime(1815, 12, 10, 0, 0, 0, DateTimeKind.Utc), 12.5m);
    private readonly Order _order = new(42, "Ada Lovelace", [.. Enumerable.Range(0, 10).Select(static number => new OrderLine($"article {number}", number, 0.99 * number))]);

    [BenchmarkCategory("struct of 64 bytes"), Benchmark(Baseline = true, Description = "raw copy")]
    public long CopyQuote()
    {
        _quoteCopy.Pass(_quote, out Quote read);
        return read.Id;
    }

    [BenchmarkCategory("struct of 64 bytes"), Benchmark(Description = "MessagePack")]
    public long PackQuote()
    {
        _quotePacked.Pass(_quote, out Quote read);
        return read.Id;
    }

    [BenchmarkCategory("struct of 64 bytes"), Benchmark(Description = "System.Text.Json")]
    [MayAllocate]
    public long JsonQuote()
    {
        _quoteJson.Pass(_quote, out Quote read);
        return read.Id;
    }

    [BenchmarkCategory("struct of 5 fields"), Benchmark(Baseline = true, Description = "MessagePack")]
    public long PackReading()
    {
        _readingPacked.Pass(_reading, out Reading read);
        return read.Id;
    }

    [BenchmarkCategory("struct of 5 fields"), Benchmark(Description = "System.Text.Json")]
    [MayAllocate]
    public long JsonReading()
    {
        _readingJson.Pass(_reading, out Reading read);
        return read.Id;
    }

    [BenchmarkCategory("class of 5 fields"), Benchmark(Baseline = true, Description = "MessagePack")]
    [MayAllocate]
    public long PackCustomer()
    {
        _customerPacked.Pass(_customer, out Customer read);
        return read.Id;
    }

    [BenchmarkCategory("class of 5 fields"), Benchmark(Description = "System.Text.Json")]
    [MayAllocate]
    public long JsonCustomer()
    {
        _customerJson.Pass(_customer, out Customer read);
        return read.Id;
    }

    [BenchmarkCategory("class with a list of 10"), Benchmark(Baseline = true, Description = "MessagePack")]
    [MayAllocate]
    public long PackOrder()
    {
        _orderPacked.Pass(_order, out Order read);
        return read.Id;
    }

    [BenchmarkCategory("class with a list of 10"), Benchmark(Description = "System.Text.Json")]
    [MayAllocate]
    public long JsonOrder()
    {
        _orderJson.Pass(_order, out Order read);
        return read.Id;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (IDisposable line in new IDisposable[] { _quoteCopy, _quotePacked, _quoteJson, _readingPacked, _readingJson, _customerPacked, _customerJson, _orderPacked, _orderJson })
        {
            line.Dispose();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Both ends of a topic.</summary>
    private sealed class Line<T> : IDisposable
    {
        private readonly Topic _topic = Topic.CreateAnonymous(new TopicOptions { Capacity = 1 << 18 });
        private readonly Publisher<T> _publisher;
        private readonly Subscriber<T> _subscriber;

        internal Line(IMessageSerializer<T> serializer)
        {
            _publisher = _topic.CreatePublisher(serializer);
            _subscriber = _topic.CreateSubscriber(serializer);
        }

        internal void Pass(in T message, out T read)
        {
            if (!_publisher.TryPublish(message) || !_subscriber.TryRead(out read!))
            {
                throw new InvalidOperationException("The message is missing.");
            }
        }

        public void Dispose()
        {
            _publisher.Dispose();
            _subscriber.Dispose();
            _topic.Dispose();
        }
    }
}

/// <summary>The benchmark gets an object, or is of a serializer that makes some.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MayAllocateAttribute : Attribute;

[MessagePackObject]
public readonly record struct Quote(
    [property: Key(0)] long Id, [property: Key(1)] double Bid, [property: Key(2)] double Ask, [property: Key(3)] long BidSize,
    [property: Key(4)] long AskSize, [property: Key(5)] long Time, [property: Key(6)] double Last, [property: Key(7)] long Venue);

[MessagePackObject]
public readonly record struct Reading(
    [property: Key(0)] int Id, [property: Key(1)] double Temperature, [property: Key(2)] double Pressure, [property: Key(3)] DateTime Time,
    [property: Key(4)] bool IsValid);

[MessagePackObject]
public sealed record Customer(
    [property: Key(0)] int Id, [property: Key(1)] string Name, [property: Key(2)] string Mail, [property: Key(3)] DateTime Born,
    [property: Key(4)] decimal Balance);

[MessagePackObject]
public sealed record Order([property: Key(0)] int Id, [property: Key(1)] string Customer, [property: Key(2)] List<OrderLine> Lines);

[MessagePackObject]
public sealed record OrderLine([property: Key(0)] string Article, [property: Key(1)] int Count, [property: Key(2)] double Price);

[JsonSerializable(typeof(Quote))]
[JsonSerializable(typeof(Reading))]
[JsonSerializable(typeof(Customer))]
[JsonSerializable(typeof(Order))]
internal sealed partial class MessageContext : JsonSerializerContext;
