// Has a plug-in count the primes below each number that it reads from standard input. The plug-in is not trusted: it is confined as far as
// this machine permits, and when it crashes, hangs or answers nonsense it is ended and started anew.
//
//     Host [SECONDS]     for so long an answer is waited for (10)

using PassedRegion;

TimeSpan patience = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0]) : 10);
string program = Path.Combine(AppContext.BaseDirectory, "Plugin.dll");
Confinement confinement = Confinement.FindStrictest(["dotnet", program, "--try"]);
Console.WriteLine($"confinement: {confinement.Name}");

SandboxedPlugin? plugin = null;
while (Console.ReadLine() is string number)
{
    Console.WriteLine($"{number}: {Ask(number)}");
}
plugin?.Dispose();

string Ask(string number)
{
    // Whether the plug-in died of this number, or only with it, the second time shows.
    for (int attempt = 1; attempt <= 2; attempt++)
    {
        try
        {
            if (plugin is null)
            {
                plugin = new SandboxedPlugin(confinement, program);
                Console.WriteLine($"started the plug-in, process {plugin.ProcessId}");
            }
            return $"{plugin.CountPrimes(number, patience)} primes";
        }
        catch (PluginFailedException failure)
        {
            plugin?.Dispose();
            plugin = null;
            Console.WriteLine($"lost the plug-in with '{number}' in hand: {failure.Message}");
        }
    }
    return "given up";
}
