using System.Globalization;

namespace ShmBus.Perf.Tests;

/// <summary>Made-up rows as --json writes them: one for each figure, which is that of a round.</summary>
internal static class Rows
{
    internal static string[] Latency(string transport, string wait, int size, params double[] p50) => [.. p50.Select((value, round) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"suite": "latency", "transport": "{{transport}}", "wait": "{{wait}}", "size": {{size}}, "round": {{round + 1}}, "p50_ns": {{value}}, "p99_ns": {{value * 3}}, "max_ns": {{value * 100}}, "cpu_ns": {{value * 2}}}"""))];

    internal static string[] Throughput(string transport, int size, int producers, params double[] rates) => [.. rates.Select((value, round) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"suite": "throughput", "transport": "{{transport}}", "wait": "adaptive", "size": {{size}}, "producers": {{producers}}, "subscribers": 1, "round": {{round + 1}}, "messages_per_s": {{value}}, "bytes_per_s": {{value * size}}, "cpu_ns": {{1e9 / value}}}"""))];

    internal static void Write(string file, params IEnumerable<string> rows) => File.WriteAllText(file, $"[{string.Join(",\n", rows)}]");
}
