using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>What every call into the C library has in common: interruption, errno, and the platform it needs.</summary>
internal static class Syscall
{
    /// <summary>
    /// Whether there is the C library that the calls below are written for; else nothing in this layer may be called. Asked once: where
    /// it depends on it what is compiled, it costs nothing.
    /// </summary>
    internal static readonly bool IsPlatform =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64 && Libc.IsThere();

    /// <summary>The errno of the last call on this thread that was declared with SetLastError.</summary>
    internal static ErrorNumber LastError => (ErrorNumber)Marshal.GetLastPInvokeError();

    /// <summary>
    /// Makes a call again for as long as a signal interrupts it. The only EINTR loop in the library; waits with a deadline
    /// pass it as an absolute time, so that a repetition does not wait longer.
    /// </summary>
    internal static long Retry<T>(T argument, Func<T, long> call)
    {
        long result;
        do
        {
            result = call(argument);
        }
        while (result < 0 && LastError == ErrorNumber.EINTR);
        return result;
    }

    /// <summary>Passes a result that is not negative through, and throws the errno otherwise.</summary>
    /// <exception cref="ErrnoException">The call failed.</exception>
    internal static long Check(long result, string operation, string? path = null) =>
        result >= 0 ? result : throw ErrnoException.From(LastError, operation, path);

    /// <summary>Ends here, by name, where the calls below do not exist.</summary>
    /// <exception cref="PlatformNotSupportedException">Not Linux, or neither x64 nor arm64, or without a C library.</exception>
    internal static void RequirePlatform()
    {
        if (!IsPlatform)
        {
            throw new PlatformNotSupportedException(
                $"Shared memory needs Linux on x64 or arm64; this is {RuntimeInformation.OSDescription} on " +
                $"{RuntimeInformation.ProcessArchitecture}. Within one process a bus (Bus.InProcess) or a topic (Topic.CreateInProcess) works here too, for tests and development.");
        }
    }
}
