namespace ShmBus.Tool.Tests;

/// <summary>What shells complete by the scripts that the tool writes, with nothing but the tool itself on the path.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CompletionTests : IDisposable
{
    private readonly BrokenBus _bus = new();
    private readonly string _path;

    // Shells add files where they find nothing else.
    private readonly string _empty;

    public CompletionTests()
    {
        string program = Path.Combine(_bus.Parent, "bin", "shmbus");
        _path = Path.GetDirectoryName(program)!;
        Directory.CreateDirectory(_path);
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet '{typeof(ToolCommand).Assembly.Location}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _empty = Directory.CreateDirectory(Path.Combine(_bus.Parent, "empty")).FullName;
        _bus.Make("orders");
        _bus.Make("orders.new");
        _bus.Make("prices");
        _bus.MakeGarbage("ordinary-garbage");
    }

    public void Dispose() => _bus.Dispose();

    /// <summary>What was typed, and what each shell makes of it.</summary>
    private static IEnumerable<TestCaseData> Typed()
    {
        yield return new TestCaseData("shmbus doc", new[] { "doctor" });
        yield return new TestCaseData("shmbus doctor --f", new[] { "--fix" });
        yield return new TestCaseData("shmbus completion f", new[] { "fish" });
        yield return new TestCaseData("shmbus inspect --bus BUS ord", new[] { "orders", "orders.new", "ordinary-garbage" });
        yield return new TestCaseData("shmbus inspect --bus BUS pri", new[] { "prices" });
        yield return new TestCaseData("shmbus rm --bus BUS prices orders.", new[] { "orders.new" });
        yield return new TestCaseData("shmbus inspect --bus BUS nothing", Array.Empty<string>());
        yield return new TestCaseData("shmbus inspect --bus /nowhere/at/all x", Array.Empty<string>());
    }

    [TestCaseSource(nameof(Typed))]
    public void Bash_completes_commands_options_and_topics(string typed, string[] expected)
    {
        string line = typed.Replace("BUS", _bus.Directory, StringComparison.Ordinal);
        // As bash does it: the words of the line, and the function that is registered for the first of them.
        string script = $"""
            eval "$(shmbus completion bash)"
            COMP_LINE='{line}'
            COMP_POINT={line.Length}
            read -r -a COMP_WORDS <<< "$COMP_LINE"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${"{#COMP_WORDS[@]}"} - 1))
            function=$(complete -p shmbus | sed 's/.*-F \([^ ]*\) .*/\1/')
            $function shmbus "${"{COMP_WORDS[COMP_CWORD]}"}" "${"{COMP_WORDS[COMP_CWORD-1]}"}"
            printf '%s\n' "${"{COMPREPLY[@]}"}"
            """;
        Assert.That(Run("bash", "--norc", "-c", script), Is.EquivalentTo(expected));
    }

    [TestCaseSource(nameof(Typed))]
    public void Fish_completes_commands_options_and_topics(string typed, string[] expected)
    {
        Require("fish");
        string line = typed.Replace("BUS", _bus.Directory, StringComparison.Ordinal);
        string[] found = Run("fish", "--no-config", "-c", $"shmbus completion fish | source; complete --do-complete '{line}'");
        Assert.That(found, Is.EquivalentTo(expected));
    }

    [TestCaseSource(nameof(Typed))]
    public void Zsh_completes_commands_options_and_topics(string typed, string[] expected)
    {
        Require("zsh");
        string line = typed.Replace("BUS", _bus.Directory, StringComparison.Ordinal);
        // The function itself, with what it would offer written out: to press a key takes a terminal.
        string script = $$"""
            compdef() { : }
            _files() { : }
            compadd() { print -rl -- "${(@P)@[-1]}" }
            eval "$(shmbus completion zsh)"
            words=({{line}}{{(line.EndsWith(' ') ? " ''" : "")}})
            CURRENT=$#words
            _shmbus
            """;
        string typedWord = line[(line.LastIndexOf(' ') + 1)..];
        // What does not begin as the word does, zsh leaves out.
        Assert.That(Run("zsh", "-f", "-c", script).Where(word => word.StartsWith(typedWord, StringComparison.Ordinal) && (typedWord.Length > 0 || word[0] != '-')), Is.EquivalentTo(expected));
    }

    [Test]
    public void An_unknown_shell_is_refused()
    {
        ToolProcess.Result result = ToolProcess.Run("completion", "cmd");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("zsh"));
    }

    private static void Require(string shell)
    {
        if (!ShmBus.Tests.Support.Tool.Exists(shell))
        {
            Assert.Ignore($"This machine has no '{shell}' (Debian: package {shell}).");
        }
    }

    /// <summary>The words that a shell writes.</summary>
    private string[] Run(string shell, params string[] arguments)
    {
        ShmBus.Tests.Support.Tool.Result result = ShmBus.Tests.Support.Tool.Run(
            "env", [$"--chdir={_empty}", $"PATH={_path}:{Environment.GetEnvironmentVariable("PATH")}", $"HOME={_bus.Parent}", "LC_ALL=C.UTF-8", shell, .. arguments]);
        Assert.That(result.Error, Is.Empty);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Trim())];
    }
}
