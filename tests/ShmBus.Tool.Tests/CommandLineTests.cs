namespace ShmBus.Tool.Tests;

/// <summary>What all commands have in common.</summary>
internal sealed class CommandLineTests
{
    [Test]
    public void The_version_is_told_with_that_of_the_layout()
    {
        ToolProcess.Result text = ToolProcess.Run("version");
        ToolProcess.Result json = ToolProcess.Run("version", "--json");
        Assert.Multiple(() =>
        {
            Assert.That(text.ExitCode, Is.EqualTo(ExitCode.Success), text.Error);
            Assert.That(text.Output, Does.Match(@"(?m)^layout +1\.2$"));
            Assert.That(json.Json.GetProperty("layout").GetString(), Is.EqualTo("1.2"));
            Assert.That(json.Json.GetProperty("version").GetString(), Does.StartWith("0.1.0"));
        });
    }

    [TestCase("nothing-of-that-name")]
    [TestCase("version", "--no-such-option")]
    [TestCase("version", "--group", "no such group")]
    public void A_wrong_command_line_is_one_line_on_standard_error_and_where_help_is(params string[] arguments)
    {
        ToolProcess.Result result = ToolProcess.Run(arguments);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Usage));
            Assert.That(result.Error, Does.Contain("--help"));
            Assert.That(result.Error, Does.Not.Contain("   at "), "No trace.");
        });
    }

    [Test]
    public void Help_shows_examples_and_exit_codes()
    {
        ToolProcess.Result all = ToolProcess.Run("--help");
        ToolProcess.Result one = ToolProcess.Run("version", "--help");
        Assert.Multiple(() =>
        {
            Assert.That(all.ExitCode, Is.EqualTo(ExitCode.Success), all.Error);
            Assert.That(all.Output, Does.Match(@"(?m)^  3 +not_found$"));
            Assert.That(all.Output, Does.Contain("--bus"));
            Assert.That(one.Output, Does.Match("Examples:\n  shmbus version\n"));
        });
    }

    [Test]
    public void Help_of_every_command_is_the_same_whatever_is_on_the_bus()
    {
        ToolProcess.Result all = ToolProcess.Run("--help", "--bus", "/dev/shm/no-such-bus");
        Assert.That(all.Output, Does.Contain("shmbus [command]").And.Match("inspect <TOPIC> ").And.Match("rm <TOPIC> "), all.Error);
        using BrokenBus bus = new();
        bus.Make("orders");
        Assert.That(bus.Run("inspect", "--help").Output, Does.Contain("shmbus inspect <TOPIC>").And.Not.Contain("<orders>"));
    }

    [Test]
    public void The_README_lists_the_exit_codes_as_they_are()
    {
        string readme = File.ReadAllText(Repository.File("src", "ShmBus.Tool", "README.md"));
        Assert.That(Enum.GetValues<ExitCode>().Where(code => !readme.Contains($"| {(int)code} | {Failure.NameOf(code)} |", StringComparison.Ordinal)), Is.Empty);
    }
}
