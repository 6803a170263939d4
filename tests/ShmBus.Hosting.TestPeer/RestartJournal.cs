using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace ShmBus.Hosting.TestPeer;

/// <summary>
/// What two hosts that are restarted and killed have done, in a mapped file, so that a kill loses nothing of it: how far the one published, and for each
/// number which incarnations of it published what was handled, and which of the other handled it last. Linked into the tests as well.
/// </summary>
internal sealed unsafe class RestartJournal : IDisposable
{
    /// <summary>How many incarnations of each of the two there may be.</summary>
    internal const int MaxIncarnations = 32;

    private const int Header = 3 + MaxIncarnations;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ulong* _words;

    internal RestartJournal(string path, int count)
    {
        long size = (Header + (long)count) * sizeof(ulong);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, size);
        _view = _file.CreateViewAccessor(0, size);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _words = (ulong*)start;
    }

    /// <summary>The first number that is not known to be published.</summary>
    internal ref long Next => ref Unsafe.AsRef<long>(_words);

    /// <summary>The publisher pauses before this number.</summary>
    internal ref long Limit => ref Unsafe.AsRef<long>(_words + 1);

    /// <summary>How many messages were handled, redeliveries included.</summary>
    internal ref long Handled => ref Unsafe.AsRef<long>(_words + 2);

    /// <summary>How many messages were delivered again that an incarnation of the handler had handled.</summary>
    internal ref long Redelivered(int incarnation) => ref Unsafe.AsRef<long>(_words + 3 + incarnation);

    /// <summary>The incarnations of the publisher whose messages of this number were handled, one bit for each; 0 if none was.</summary>
    internal uint PublishedBy(long number) => (uint)Volatile.Read(ref Word(number));

    /// <summary>A message was handled.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="publisher">The incarnation of the publisher that it came from.</param>
    /// <param name="handler">The incarnation of the handler.</param>
    internal void Handle(long number, int publisher, int handler)
    {
        ref ulong word = ref Word(number);
        ulong before = Volatile.Read(ref word);
        if ((before >> publisher & 1) != 0)
        {
            Interlocked.Increment(ref Redelivered((int)(before >> 32)));
        }
        // In one step: nobody is killed between the two halves. Two copies of one number may be in hand at once.
        for (ulong found; (found = Interlocked.CompareExchange(ref word, (uint)before | 1UL << publisher | (ulong)handler << 32, before)) != before; before = found)
        {
        }
        Interlocked.Increment(ref Handled);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref ulong Word(long number) => ref _words[Header + number];
}
