using System.Diagnostics;
using System.Text;
using ShmBus;

namespace PassedRegion;

/// <summary>The plug-in as a child process, with two topics that only it and this process have.</summary>
internal sealed class SandboxedPlugin : IDisposable
{
    // What comes is copied before it is looked at: the plug-in could write another answer over it meanwhile.
    private static readonly TopicOptions Untrusted = new() { Capacity = 1 << 16, TrustPeers = false };
    private static readonly Dictionary<string, TopicOptions> Topics = new() { ["work"] = Untrusted, ["answers"] = Untrusted };

    private readonly ChildRegion _child;
    private Publisher _work = null!;
    private Subscriber _answers = null!;
    private uint _requests;

    internal SandboxedPlugin(Confinement confinement, string program)
    {
        ProcessStartInfo start = confinement.Start(["dotnet", program]);
        // This side's endpoints first: the plug-in could take their places.
        _child = ChildRegion.Start(start, Topics, prepare: topics =>
        {
            _work = topics.CreatePublisher("work");
            _answers = topics.CreateSubscriber("answers");
        });
        ProcessId = _child.Process.Id;
        // What it writes is shown, but never as this process's own output. It has no input.
        _child.Process.OutputDataReceived += Show;
        _child.Process.ErrorDataReceived += Show;
        _child.Process.BeginOutputReadLine();
        _child.Process.BeginErrorReadLine();
        _child.Process.StandardInput.Close();
    }

    internal int ProcessId { get; }

    /// <summary>Waits for an answer that makes sense.</summary>
    internal int CountPrimes(string number, TimeSpan patience)
    {
        try
        {
            uint request = ++_requests;
            if (!_work.TryPublish(Encoding.UTF8.GetBytes(number), request))
            {
                throw new PluginFailedException("it reads nothing");
            }
            if (!_answers.WaitToRead(patience))
            {
                throw new PluginFailedException($"it did not answer within {patience.TotalSeconds} seconds");
            }
            _answers.TryRead(out Message answer);
            if (answer.Type != request || answer.Payload.Length != sizeof(int))
            {
                throw new PluginFailedException("its answer is none to what was asked");
            }
            return BitConverter.ToInt32(answer.Payload);
        }
        catch (PeerLostException lost)
        {
            throw new PluginFailedException(DescribeEnd(), lost);
        }
        catch (Exception wrong) when (wrong is IOException or NotSupportedException)
        {
            // It wrote over the region, or what no version of ShmBus writes.
            throw new PluginFailedException(wrong.Message, wrong);
        }
    }

    public void Dispose()
    {
        _work.Dispose();
        _answers.Dispose();
        _child.Dispose();
        _child.Process.Kill();
        _child.Process.WaitForExit(TimeSpan.FromSeconds(5));
        _child.Process.Dispose();
    }

    private string DescribeEnd() => _child.Process.WaitForExit(TimeSpan.FromSeconds(1))
        ? $"it ended with exit code {_child.Process.ExitCode}"
        : "it has let go of its topics";

    private static void Show(object sender, DataReceivedEventArgs received)
    {
        if (received.Data is not null)
        {
            Console.Error.WriteLine($"  plug-in: {received.Data}");
        }
    }
}
