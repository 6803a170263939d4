// What the calls of the library cost and allocate. Ends with 1 when one allocated that has no object to return, or could not be measured. Reports are left in
// BenchmarkDotNet.Artifacts, which git ignores.
//
//     dotnet run -c Release --project perf/ShmBus.Benchmarks -- --filter '*'

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using ShmBus.Benchmarks;

// Short iterations, in this process: nothing is restored or compiled at run time.
Job job = Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(200)).WithToolchain(InProcessEmitToolchain.Instance);
IConfig config = DefaultConfig.Instance.AddJob(job);

Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(AllocationBenchmarks).Assembly).Run(args, config)];
if (summaries.Length == 0)
{
    return 0; // asked for help or for a list; a filter that matches nothing says so
}

int wrong = 0;
foreach (Summary summary in summaries)
{
    foreach (BenchmarkCase benchmark in summary.BenchmarksCases)
    {
        BenchmarkReport? report = summary[benchmark];
        if (report is not { Success: true } || report.GcStats.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: true) is not { } bytes)
        {
            Console.Error.WriteLine($"Not measured: {benchmark.DisplayInfo}");
            wrong++;
        }
        // Of all its operations together: what allocates at every thousandth shows.
        else if (bytes > 0 && !benchmark.Descriptor.WorkloadMethod.IsDefined(typeof(MayAllocateAttribute), inherit: false))
        {
            Console.Error.WriteLine($"Allocated {bytes} bytes in {report.GcStats.TotalOperations} operations: {benchmark.DisplayInfo}");
            wrong++;
        }
    }
}
Console.WriteLine(wrong == 0 ? "Nothing allocated, but objects that were asked for." : $"{wrong} benchmarks allocated or were not measured.");
return wrong == 0 ? 0 : 1;
