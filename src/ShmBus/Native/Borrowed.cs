using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>The number of an open descriptor, which stays open for as long as this is held.</summary>
internal readonly ref struct Borrowed
{
    private readonly SafeFileHandle _handle;
    private readonly bool _held;

    internal Borrowed(SafeFileHandle handle)
    {
        _handle = handle;
        handle.DangerousAddRef(ref _held);
        Fd = (int)handle.DangerousGetHandle();
    }

    internal int Fd { get; }

    public void Dispose()
    {
        if (_held)
        {
            _handle.DangerousRelease();
        }
    }
}
