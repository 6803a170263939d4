using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>
/// A call into the operating system failed. Says which operation, on which path, with which error by name and number, and
/// what to do about it. The common causes have types of their own:
/// <see cref="AccessErrnoException"/>, <see cref="NotFoundErrnoException"/>, <see cref="SpaceErrnoException"/> and
/// <see cref="LimitErrnoException"/>.
/// </summary>
public class ErrnoException : IOException
{
    private protected ErrnoException(ErrorNumber error, string operation, string? path)
        : base(Describe(error, operation, path))
    {
        Error = error;
        Operation = operation;
        Path = path;
        // The convention of .NET on Unix: HResult carries the raw errno.
        HResult = (int)error;
    }

    /// <summary>The error by its native name; its value is the errno.</summary>
    public ErrorNumber Error { get; }

    /// <summary>The call that failed, by its native name, for example <c>openat</c>.</summary>
    public string Operation { get; }

    /// <summary>The file or directory that was involved, or null where there is none.</summary>
    public string? Path { get; }

    internal static ErrnoException From(ErrorNumber error, string operation, string? path = null) => error switch
    {
        ErrorNumber.EACCES or ErrorNumber.EPERM or ErrorNumber.EROFS or ErrorNumber.ETXTBSY =>
            new AccessErrnoException(error, operation, path),
        ErrorNumber.ENOENT => new NotFoundErrnoException(error, operation, path),
        ErrorNumber.ENOSPC or ErrorNumber.EDQUOT => new SpaceErrnoException(error, operation, path),
        ErrorNumber.ENOMEM or ErrorNumber.EAGAIN or ErrorNumber.EMFILE or ErrorNumber.ENFILE or ErrorNumber.EFBIG =>
            new LimitErrnoException(error, operation, path),
        _ => new ErrnoException(error, operation, path),
    };

    /// <summary>Where, what, and what to do, in one sentence each.</summary>
    internal static string Describe(ErrorNumber error, string operation, string? path)
    {
        string name = Enum.IsDefined(error) ? error.ToString() : "errno";
        string where = path is null ? operation : $"{operation} '{path}'";
        string advice = ErrnoAdvice.For(error, operation);
        string text = $"{where} failed: {name} ({(int)error}), {Marshal.GetPInvokeErrorMessage((int)error)}.";
        return advice.Length == 0 ? text : $"{text} {advice}";
    }
}

/// <summary>The rights are missing: EACCES, EPERM, EROFS or ETXTBSY.</summary>
public sealed class AccessErrnoException : ErrnoException
{
    internal AccessErrnoException(ErrorNumber error, string operation, string? path) : base(error, operation, path) { }
}

/// <summary>The file or directory does not exist: ENOENT.</summary>
public sealed class NotFoundErrnoException : ErrnoException
{
    internal NotFoundErrnoException(ErrorNumber error, string operation, string? path) : base(error, operation, path) { }
}

/// <summary>The file system is full, or the quota is used up: ENOSPC or EDQUOT.</summary>
public sealed class SpaceErrnoException : ErrnoException
{
    internal SpaceErrnoException(ErrorNumber error, string operation, string? path) : base(error, operation, path) { }
}

/// <summary>A limit of the process or the system is reached: ENOMEM, EAGAIN, EMFILE, ENFILE or EFBIG.</summary>
public sealed class LimitErrnoException : ErrnoException
{
    internal LimitErrnoException(ErrorNumber error, string operation, string? path) : base(error, operation, path) { }
}
