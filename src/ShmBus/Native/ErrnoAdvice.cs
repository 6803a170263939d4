namespace ShmBus.Native;

/// <summary>What a user can do about an errno, by the operation that met it.</summary>
internal static class ErrnoAdvice
{
    internal static string For(ErrorNumber error, string operation) => error switch
    {
        ErrorNumber.EACCES when operation == "connect" =>
            "This user may not connect: a RegionServer serves its own user only, unless AllowedUsers or AllowedGroups say otherwise; or a directory above the path is closed to this user.",
        ErrorNumber.EACCES when operation == "bind" =>
            "Choose a directory that this user may write.",
        ErrorNumber.EACCES when operation == "inotify_add_watch" =>
            "The region is another user's, as one that was handed over may be: deaths of peers are then noticed by a look now and then, within a second.",
        ErrorNumber.EEXIST when operation == "bind" =>
            "What stands there is no socket: choose another path.",
        ErrorNumber.EACCES =>
            "Check the owner and mode of the file and of every directory above it; to share with a group, create the topic with Group and Mode.",
        ErrorNumber.EPERM when operation == "mlock" =>
            "Raise RLIMIT_MEMLOCK (ulimit -l) or grant CAP_IPC_LOCK, or leave Lock off.",
        ErrorNumber.EPERM when operation is "fchown" or "fchownat" =>
            "The process must be a member of the group that it gives the file to.",
        ErrorNumber.EPERM =>
            "The process lacks a right or capability for this, or a security policy (seccomp, AppArmor, SELinux) or a seal forbids it.",
        ErrorNumber.ENOENT when operation == "mkdir" =>
            "Only the last directory of a path is made: make those above it first.",
        ErrorNumber.ENOENT when operation == "bind" =>
            "Make the directory first, so that only the server's user can write it.",
        ErrorNumber.ENOENT when operation == "connect" =>
            "Check the address; the process with the RegionServer must have started it, in the same network namespace where the address is abstract.",
        ErrorNumber.ECONNREFUSED =>
            "Nobody listens there: the process with the RegionServer must have started it, in the same network namespace where the address is abstract.",
        ErrorNumber.EADDRINUSE =>
            "Another process listens there: choose another address, or end that process.",
        ErrorNumber.ETOOMANYREFS =>
            "Too many descriptors were sent by this user and not received yet: raise the limit (ulimit -n), or end peers that do not read.",
        ErrorNumber.ENOENT =>
            "Check the path; the side that creates the topic must have run, or use OpenOrCreate.",
        ErrorNumber.ENOSPC when operation == "inotify_add_watch" =>
            "Raise fs.inotify.max_user_watches.",
        ErrorNumber.ENOSPC when operation == "epoll_ctl" =>
            "Raise fs.epoll.max_user_watches.",
        ErrorNumber.ENOSPC =>
            "Free space on that file system, choose a smaller Capacity, or give the container more shared memory (docker run --shm-size).",
        ErrorNumber.EDQUOT =>
            "The disk quota of this user is used up: free space, or choose a smaller Capacity.",
        ErrorNumber.ENOMEM when operation == "mlock" =>
            "Raise RLIMIT_MEMLOCK (ulimit -l) or leave Lock off.",
        ErrorNumber.ENOMEM =>
            "Too little memory or address space, or too many mappings: see ulimit -v, vm.max_map_count and the memory limit of the container, or choose a smaller Capacity.",
        ErrorNumber.EAGAIN when operation == "mlock" =>
            "Some of the memory could not be locked now: raise RLIMIT_MEMLOCK (ulimit -l) or leave Lock off.",
        ErrorNumber.EAGAIN when operation == Libc.SetLock =>
            "Some process keeps the file locked in order to delete it, and does not go on (/proc/locks shows which file): let it go on, or end it.",
        ErrorNumber.EAGAIN =>
            "The resource is not available now: another process holds it, or a limit is reached; try again later.",
        ErrorNumber.ENODEV =>
            "This file system cannot be mapped into memory: use tmpfs (/dev/shm), ext4, xfs or btrfs.",
        ErrorNumber.EINVAL =>
            "This kernel or file system does not know an argument of the call: check the kernel version and that the file is on tmpfs, ext4, xfs or btrfs.",
        ErrorNumber.EOPNOTSUPP =>
            "This file system cannot do that: use tmpfs (/dev/shm), ext4, xfs or btrfs.",
        ErrorNumber.EMFILE when operation == "inotify_init1" =>
            "This user has too many inotify instances: raise fs.inotify.max_user_instances.",
        ErrorNumber.EMFILE =>
            "This process has too many open files: raise its limit (ulimit -n), or dispose endpoints that are no longer used.",
        ErrorNumber.ENFILE =>
            "The system has too many open files: raise fs.file-max.",
        ErrorNumber.EFBIG =>
            "This process, or this file system, may not have files that large: raise the limit (ulimit -f), or choose a smaller Capacity.",
        ErrorNumber.ETXTBSY =>
            "The file is a running program or a swap file: choose another path.",
        ErrorNumber.EROFS =>
            "The file system is mounted read-only: choose another directory, for example under /dev/shm.",
        ErrorNumber.ENAMETOOLONG =>
            "A file name may have at most 255 bytes: choose a shorter one.",
        ErrorNumber.ENOTDIR =>
            "A part of the path that should be a directory is a file or a symbolic link.",
        ErrorNumber.ENOSYS =>
            "This kernel, or the sandbox around this process, does not offer the call.",
        _ => "",
    };
}
