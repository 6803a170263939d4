using System.Diagnostics;
using System.Globalization;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Passing;

/// <summary>Regions that a child is born with.</summary>
internal sealed class ChildRegionTests
{
    private static readonly Dictionary<string, TopicOptions> TwoWays = new() { ["there"] = new(), ["back"] = new() };

    [Test]
    public void A_child_gets_its_topics_and_each_side_learns_of_the_end_of_the_other()
    {
        using ChildRegion child = ChildRegion.Start(Child("handover-child-echo"), TwoWays);
        using Publisher there = child.CreatePublisher("there");
        using Subscriber back = child.CreateSubscriber("back");
        there.Publish("hello"u8);
        Assert.That(back.Read().Payload.SequenceEqual("hello"u8));
        Kill(child);
        Assert.That(() => back.Read(), Throws.TypeOf<PeerLostException>());
    }

    [Test]
    public void The_child_learns_that_the_parent_let_go()
    {
        Process process;
        using (ChildRegion child = ChildRegion.Start(Child("handover-child-echo"), TwoWays))
        {
            process = child.Process;
            Greet(child);
        }
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(3));
        process.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Subscriber_that_waits_learns_that_the_child_was_killed(bool isAwaited)
    {
        using ChildRegion child = Hold(out Publisher there, out Subscriber back);
        Assert.That(WaitAndKill(child, isAwaited, () => back.Read(), () => back.WaitToReadAsync().AsTask()), Is.TypeOf<PeerLostException>());
        there.Dispose();
        back.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Publisher_that_waits_for_room_learns_that_the_child_was_killed(bool isAwaited)
    {
        using ChildRegion child = Hold(out Publisher there, out Subscriber back);
        byte[] message = new byte[1000];
        while (there.TryPublish(message))
        {
        }
        Assert.That(WaitAndKill(child, isAwaited, () => there.Publish(message), () => there.PublishAsync(message).AsTask()), Is.TypeOf<PeerLostException>());
        there.Dispose();
        back.Dispose();
    }

    [Test]
    public void Child_that_waits_learns_that_the_parent_was_killed([Values("subscriber", "publisher")] string role, [Values("blocked", "awaited")] string way)
    {
        using PeerProcess parent = PeerProcess.Start("parent-hold", "child-wait", role, way);
        parent.Expect("waiting");
        parent.Kill();
        parent.Expect("lost");
        Assert.That(parent.ReadToEnd(), Is.Empty);
    }

    [Test]
    public void A_child_that_never_opens_its_region_ends_the_wait_by_its_end_though_its_own_child_has_socket_and_output()
    {
        ProcessStartInfo start = new("sh", ["-c", "exec 3<&0; cat <&3 & exit 0"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using ChildRegion child = ChildRegion.Start(start);
        using Process process = child.Process;
        process.BeginOutputReadLine();
        using Subscriber subscriber = child.CreateSubscriber();
        Assert.That(() => subscriber.Read(), Throws.TypeOf<PeerLostException>().With.Message.Contains("before it opened"));
        process.StandardInput.Close();
        process.WaitForExit();
    }

    [Test]
    public void A_child_that_dies_with_its_socket_on_the_way_ends_the_wait_though_its_own_child_has_that()
    {
        ProcessStartInfo start = Child("child-hello");
        start = new("sh", ["-c", "exec 3<&0; cat <&3 & exec \"$@\"", "sh", start.FileName, .. start.ArgumentList])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["SHMBUS_TEST_HOST"] = start.Environment["SHMBUS_TEST_HOST"], ["DOTNET_EnableDiagnostics"] = "0" },
        };
        using ChildRegion child = ChildRegion.Start(start);
        using Process process = child.Process;
        using Subscriber subscriber = child.CreateSubscriber();
        Assert.That(() => subscriber.Read(), Throws.TypeOf<PeerLostException>());
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(137), "killed with the answer unread");
    }

    [Test]
    public void The_parent_may_dispose_of_the_process_at_once()
    {
        using ChildRegion child = ChildRegion.Start(new ProcessStartInfo("true"));
        child.Process.Dispose();
        using Subscriber subscriber = child.CreateSubscriber();
        Assert.That(() => subscriber.Read(), Throws.TypeOf<PeerLostException>());
    }

    [Test]
    public void A_child_opens_its_region_once_however_many_threads_try()
    {
        ProcessStartInfo start = Child("child-open-by-many");
        start.RedirectStandardOutput = true;
        using ChildRegion child = ChildRegion.Start(start, TwoWays);
        using Process process = child.Process;
        Assert.That(process.StandardOutput.ReadToEnd(), Does.Match("^1 opened, 8 InvalidOperationException: There is no SHMBUS_CHILD_REGION .*\n$"));
        process.WaitForExit();
    }

    [Test]
    public void Another_token_is_not_welcome()
    {
        ProcessStartInfo start = Child("child-other-token");
        start.RedirectStandardOutput = true;
        using ChildRegion child = ChildRegion.Start(start);
        using Process process = child.Process;
        using Subscriber subscriber = child.CreateSubscriber();
        Assert.That(() => subscriber.Read(), Throws.TypeOf<PeerLostException>().With.Message.Contains("no hello with its token"));
        Assert.That(process.StandardOutput.ReadToEnd(), Does.StartWith("PeerLostException: "));
        process.WaitForExit();
    }

    [TestCase("", "is ''; expected the number of a descriptor and a token")]
    [TestCase("5", "is '5'; expected the number of a descriptor and a token")]
    [TestCase("5:a:b", "expected the number")]
    [TestCase("-5:token", "expected the number")]
    [TestCase("99999999999:token", "expected the number")]
    [TestCase("65000:token", "names the descriptor 65000, which is no socket of a parent")]
    [TestCase("1:token", "names the descriptor 1, which is no socket of a parent")]
    public void What_no_parent_gave_is_refused_and_said(string value, string expected)
    {
        using PeerProcess peer = PeerProcess.Start("child-open-with", value);
        string said = peer.ReadLine();
        Assert.That(said, Does.StartWith("InvalidOperationException: ").And.Contain(expected));
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void A_socket_that_is_no_parents_is_refused_and_left_open()
    {
        using PeerProcess peer = PeerProcess.Start("child-open-with-listener");
        Assert.That(peer.ReadLine(), Does.StartWith("InvalidOperationException: ").And.Contain("no socket of a parent"));
        peer.Expect("accepted");
    }

    [Test]
    public void Another_user_in_namespaces_of_its_own_gets_its_topics([Values] bool isOtherUser, [Values] bool hasNamespaces)
    {
        using TestDirectory directory = new();
        Confinement confinement = new();
        if (isOtherUser)
        {
            Posix.RequireRoot("it becomes another user");
        }
        confinement = hasNamespaces ? confinement.OwnNamespaces(directory.Path) : confinement;
        confinement = isOtherUser ? confinement.User(65534, 65534) : confinement.Unprivileged();
        ProcessStartInfo start = Child("handover-child-echo", confinement);
        start.RedirectStandardOutput = true;
        using (ChildRegion child = ChildRegion.Start(start, TwoWays))
        using (Process process = child.Process)
        {
            Greet(child);
            Greet(child);
            using Subscriber back = child.CreateSubscriber("back");
            Kill(child);
            Assert.That(() => back.Read(), Throws.TypeOf<PeerLostException>());
        }
        Process left;
        using (ChildRegion child = ChildRegion.Start(start, TwoWays))
        {
            left = child.Process;
            Greet(child);
        }
        left.WaitForExit();
        Assert.That(left.ExitCode, Is.EqualTo(3), "it learns of its parent's end");
        left.Dispose();
    }

    [Test]
    public void Processes_that_something_else_starts_meanwhile_keep_nothing_alive()
    {
        using PeerProcess parent = PeerProcess.Start("parent-among-strangers", 3);
        parent.Expect("True");
        Assert.That(parent.ExitCode(), Is.Zero);
    }

    [Test]
    public void The_childs_own_children_inherit_neither_descriptors_nor_the_variable()
    {
        ProcessStartInfo start = Child("child-show-inherited");
        start.RedirectStandardOutput = true;
        using ChildRegion child = ChildRegion.Start(start, TwoWays);
        using Process process = child.Process;
        Assert.That(process.StandardOutput.ReadToEnd(), Is.EqualTo(
            "before: pipe True, socket True, region False, variable True\n" +
            "after: pipe True, socket False, region False, variable False\n"));
        process.WaitForExit();
    }

    [TestCase(null)]
    [TestCase("it was set")]
    public void What_the_child_was_started_with_is_left_as_it_was(string? variable)
    {
        ProcessStartInfo start = new("true", ["a", "b"]) { RedirectStandardOutput = true };
        if (variable is not null)
        {
            start.Environment[ChildRegion.Variable] = variable;
        }
        Dictionary<string, string?> environment = new(start.Environment);
        for (int i = 0; i < 2; i++)
        {
            using ChildRegion child = ChildRegion.Start(start);
            using Process process = child.Process;
            Assert.That(process.StandardOutput.ReadToEnd(), Is.Empty);
            process.WaitForExit();
        }
        Assert.That(start.Environment, Is.EquivalentTo(environment));
        Assert.That((start.FileName, start.RedirectStandardOutput, start.RedirectStandardInput), Is.EqualTo(("true", true, false)));
        Assert.That(start.ArgumentList, Is.EqualTo(["a", "b"]));
        start.FileName = "/nowhere";
        Assert.That(() => ChildRegion.Start(start), Throws.TypeOf<System.ComponentModel.Win32Exception>());
        Assert.That(start.Environment, Is.EquivalentTo(environment));
    }

    [Test]
    public void A_child_that_inherits_its_output_writes_it_where_it_is_told()
    {
        ProcessStartInfo start = new("sh", ["-c", "read line; echo \"$line there\"; echo \"$line error\" >&2"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using ChildRegion child = ChildRegion.Start(start);
        using Process process = child.Process;
        process.StandardInput.WriteLine("hello");
        Assert.That(process.StandardOutput.ReadToEnd(), Is.EqualTo("hello there\n"));
        Assert.That(process.StandardError.ReadToEnd(), Is.EqualTo("hello error\n"));
        process.WaitForExit();
    }

    [Test]
    public void The_parent_keeps_no_descriptor_of_children_that_are_gone_or_never_were()
    {
        using PeerProcess parent = PeerProcess.Start("parent-count-descriptors");
        string before = parent.ReadLine();
        Assert.That(before, Does.Contain("pipe"));
        parent.Expect(before);
        Assert.That(parent.ExitCode(), Is.Zero);
    }

    [Test]
    public void What_is_prepared_before_the_child_is_there_has_its_places()
    {
        Subscriber? subscriber = null;
        using ChildRegion child = ChildRegion.Start(new ProcessStartInfo("true"), prepare: topics => subscriber = topics.CreateSubscriber());
        using (subscriber)
        {
            Assert.That(subscriber!.Slot, Is.Zero);
            Assert.That(() => subscriber.Read(), Throws.TypeOf<PeerLostException>());
        }
        child.Process.Dispose();
    }

    [Test]
    public void A_preparation_that_throws_starts_no_child_and_leaves_nothing()
    {
        InvalidOperationException thrown = new("not today");
        Assert.That(() => ChildRegion.Start(new ProcessStartInfo("true"), prepare: _ => throw thrown), Throws.Exception.SameAs(thrown));
    }

    [Test]
    public void A_child_that_is_started_by_a_shell_is_refused() =>
        Assert.That(() => ChildRegion.Start(new ProcessStartInfo("true") { UseShellExecute = true }), Throws.ArgumentException.With.Message.Contains("UseShellExecute"));

    /// <summary>A child that has both of its endpoints, and neither reads nor publishes.</summary>
    private static ChildRegion Hold(out Publisher there, out Subscriber back)
    {
        ChildRegion child = ChildRegion.Start(Child("child-hold"), TwoWays);
        there = child.CreatePublisher("there", WaitStrategy.Park);
        back = child.CreateSubscriber("back", WaitStrategy.Park);
        Assert.That(back.Read().Payload.SequenceEqual("open"u8));
        return child;
    }

    /// <summary>What a wait ends with that was under way when the child was killed.</summary>
    private static Exception? WaitAndKill(ChildRegion child, bool isAwaited, Action wait, Func<Task> await)
    {
        Task waiting;
        if (isAwaited)
        {
            waiting = await();
            Assert.That(waiting.IsCompleted, Is.False);
        }
        else
        {
            using ManualResetEventSlim started = new();
            int thread = 0;
            waiting = Task.Factory.StartNew(() =>
            {
                thread = Posix.ThreadId;
                started.Set();
                wait();
            }, TaskCreationOptions.LongRunning);
            started.Wait();
            Until.Asleep(Environment.ProcessId, thread.ToString(CultureInfo.InvariantCulture));
        }
        Kill(child);
        return Assert.CatchAsync(() => waiting);
    }

    /// <summary>Sends a message to a child that sends it back.</summary>
    private static void Greet(ChildRegion child)
    {
        using Publisher there = child.CreatePublisher("there");
        using Subscriber back = child.CreateSubscriber("back");
        there.Publish("hello"u8);
        Assert.That(back.Read().Payload.SequenceEqual("hello"u8));
        back.Complete();
    }

    private static void Kill(ChildRegion child)
    {
        child.Process.Kill();
        child.Process.WaitForExit();
    }

    private static ProcessStartInfo Child(string command, Confinement? confinement = null)
    {
        string assembly = typeof(PeerProcess).Assembly.Location.Replace("ShmBus.Tests", "ShmBus.TestPeer", StringComparison.Ordinal);
        string[] words = [.. confinement?.Words ?? [], "dotnet", assembly, command];
        ProcessStartInfo start = new(words[0], words[1..]);
        start.Environment["DOTNET_TieredCompilation"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["SHMBUS_TEST_HOST"] = confinement?.HasOwnProcesses == true ? "output" : Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return start;
    }
}
