using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ShmBus.Native;

namespace ShmBus.Passing;

/// <summary>
/// A Unix socket that listens at a path, or at a name in the abstract namespace. At a path it is bound under another name, given its
/// mode, and named last: nobody meets one that does not listen yet.
/// </summary>
internal sealed class HandoverListener : IDisposable
{
    private const int Backlog = 512;
    private const uint ForThisUser = 0x180; // 0600
    private const uint ForAnybody = 0x1B6;  // 0666

    private readonly Socket _socket = NewSocket();
    private readonly string? _path;
    private readonly FileId _id;
    private bool _isDisposed;

    /// <param name="address">A path, or a name behind an @.</param>
    /// <param name="isForAnybody">Whether others than this user may connect, and be asked who they are.</param>
    internal HandoverListener(string address, bool isForAnybody)
    {
        Address = address;
        try
        {
            _ = EndPointOf(address);
            if (IsAbstract(address))
            {
                Do("bind", address, () => _socket.Bind(EndPointOf(address)));
                Do("listen", address, () => _socket.Listen(Backlog));
                return;
            }
            _path = Address = Path.GetFullPath(address);
            // A longer one could be bound, and nobody connect to it.
            _ = EndPointOf(_path);
            FileId? left = FindLeft(_path);
            string unnamed = Path.Combine(Path.GetDirectoryName(_path)!, $".{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
            Do("bind", _path, () => _socket.Bind(EndPointOf(unnamed)));
            try
            {
                Syscall.Check(Libc.chmod(unnamed, isForAnybody ? ForAnybody : ForThisUser), "chmod", unnamed);
                Do("listen", _path, () => _socket.Listen(Backlog));
                _id = Libc.Lstat(unnamed)!.Value.Id;
                Name(unnamed, _path, left);
            }
            finally
            {
                // Its own, where it could not be named; or what it was exchanged for.
                _ = Libc.unlinkat(Libc.AT_FDCWD, unnamed, 0);
            }
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    internal string Address { get; }

    internal ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken) => _socket.AcceptAsync(cancellationToken);

    /// <summary>Connects to a listener.</summary>
    /// <exception cref="ErrnoException">Nobody listens there, or not for this process.</exception>
    /// <exception cref="TimeoutException">Somebody listens, and takes nobody in.</exception>
    internal static Socket Connect(string address, TimeSpan timeout)
    {
        Socket socket = NewSocket();
        try
        {
            // The time that the kernel waits where too many wait already.
            ReadOnlySpan<long> time = [(long)timeout.TotalSeconds, timeout.Microseconds + timeout.Milliseconds * 1000L];
            socket.SetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_SNDTIMEO, MemoryMarshal.AsBytes(time));
            Do("connect", address, () => socket.Connect(EndPointOf(address)));
            return socket;
        }
        catch (LimitErrnoException exception) when (exception.Error == ErrorNumber.EAGAIN)
        {
            socket.Dispose();
            throw new TimeoutException($"The server at '{address}' took no connection within {timeout}: too many wait already.", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // Before it listens no more: who takes the path over by then has made it his own.
        // Not again: another's socket may have got the number that this one's had.
        if (_path is not null && !_isDisposed && Libc.Lstat(_path)?.Id == _id)
        {
            _ = Libc.unlinkat(Libc.AT_FDCWD, _path, 0);
        }
        _isDisposed = true;
        _socket.Dispose();
    }

    /// <summary>What a server that was killed left at the path; null where nothing is.</summary>
    /// <exception cref="ErrnoException">Something else is there, or a server that lives.</exception>
    private static FileId? FindLeft(string path)
    {
        FileStatus? there = Libc.Lstat(path);
        if (there is null)
        {
            return null;
        }
        if (!there.Value.IsSocket)
        {
            throw ErrnoException.From(ErrorNumber.EEXIST, "bind", path);
        }
        try
        {
            Connect(path, TimeSpan.FromSeconds(1)).Dispose();
        }
        catch (ErrnoException exception) when (exception.Error is ErrorNumber.ECONNREFUSED or ErrorNumber.ENOENT)
        {
            return there.Value.Id;
        }
        catch (TimeoutException)
        {
            // It is busy.
        }
        throw ErrnoException.From(ErrorNumber.EADDRINUSE, "bind", path);
    }

    /// <summary>Gives the socket its name. What was left there, and that only, is taken away from it.</summary>
    private static void Name(string unnamed, string path, FileId? left)
    {
        if (left is null || Libc.Exchange(unnamed, path) < 0)
        {
            if (Libc.RenameToFree(unnamed, path) < 0)
            {
                ErrorNumber error = Syscall.LastError;
                throw ErrnoException.From(error == ErrorNumber.EEXIST ? ErrorNumber.EADDRINUSE : error, "bind", path);
            }
        }
        else if (Libc.Lstat(unnamed)?.Id != left)
        {
            // Another was first, and has its name back.
            _ = Libc.Exchange(unnamed, path);
            throw ErrnoException.From(ErrorNumber.EADDRINUSE, "bind", path);
        }
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);

    private static bool IsAbstract(string address) => address.StartsWith('@');

    private static UnixDomainSocketEndPoint EndPointOf(string address)
    {
        if (address is "" or "@" || address.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The address is '{HandoverMessage.Show(address)}'; expected a path, or a name behind an '@'.", nameof(address));
        }
        try
        {
            return new UnixDomainSocketEndPoint(IsAbstract(address) ? "\0" + address[1..] : address);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new ArgumentException($"The address '{address}' is too long: the kernel takes 107 bytes.", nameof(address), exception);
        }
    }

    /// <summary>The errors of .NET's sockets as those of the system that they are.</summary>
    private static void Do(string operation, string address, Action action)
    {
        try
        {
            action();
        }
        catch (SocketException exception)
        {
            // What stands for ENOENT there, is another error when it is translated back.
            ErrorNumber error = exception.SocketErrorCode == SocketError.AddressNotAvailable ? ErrorNumber.ENOENT : (ErrorNumber)exception.NativeErrorCode;
            throw ErrnoException.From(error, operation, address);
        }
    }
}
