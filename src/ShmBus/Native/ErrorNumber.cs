namespace ShmBus.Native;

/// <summary>The errors of Linux by their native names. The numbers are the same on x64 and arm64.</summary>
public enum ErrorNumber
{
    /// <summary>No error.</summary>
    None = 0,
    /// <summary>Operation not permitted.</summary>
    EPERM = 1,
    /// <summary>No such file or directory.</summary>
    ENOENT = 2,
    /// <summary>Interrupted by a signal.</summary>
    EINTR = 4,
    /// <summary>Input or output error.</summary>
    EIO = 5,
    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,
    /// <summary>Try again; what was asked for is not available now.</summary>
    EAGAIN = 11,
    /// <summary>Not enough memory or address space.</summary>
    ENOMEM = 12,
    /// <summary>Permission denied.</summary>
    EACCES = 13,
    /// <summary>Bad address.</summary>
    EFAULT = 14,
    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,
    /// <summary>The file exists.</summary>
    EEXIST = 17,
    /// <summary>No such device, or the file system cannot be mapped.</summary>
    ENODEV = 19,
    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,
    /// <summary>Is a directory.</summary>
    EISDIR = 21,
    /// <summary>Invalid argument.</summary>
    EINVAL = 22,
    /// <summary>Too many open files on the system.</summary>
    ENFILE = 23,
    /// <summary>Too many open files in the process.</summary>
    EMFILE = 24,
    /// <summary>The file is a running program.</summary>
    ETXTBSY = 26,
    /// <summary>The file is too large.</summary>
    EFBIG = 27,
    /// <summary>No space left on the device.</summary>
    ENOSPC = 28,
    /// <summary>Read-only file system.</summary>
    EROFS = 30,
    /// <summary>The other end of a pipe or socket is closed.</summary>
    EPIPE = 32,
    /// <summary>The name is too long.</summary>
    ENAMETOOLONG = 36,
    /// <summary>The call does not exist in this kernel.</summary>
    ENOSYS = 38,
    /// <summary>Too many symbolic links, or one where none is allowed.</summary>
    ELOOP = 40,
    /// <summary>Not supported by this file system.</summary>
    EOPNOTSUPP = 95,
    /// <summary>The address is in use.</summary>
    EADDRINUSE = 98,
    /// <summary>The other side ended the connection.</summary>
    ECONNRESET = 104,
    /// <summary>Too many descriptors are on their way between processes.</summary>
    ETOOMANYREFS = 109,
    /// <summary>The time ran out.</summary>
    ETIMEDOUT = 110,
    /// <summary>Nobody listens there.</summary>
    ECONNREFUSED = 111,
    /// <summary>The disk quota is used up.</summary>
    EDQUOT = 122,
}
