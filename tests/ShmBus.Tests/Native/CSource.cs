using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace ShmBus.Tests.Native;

/// <summary>
/// A C file that compiles only where the numbers of the C headers are those of the C# declarations: one static assertion
/// for each. The declarations are enumerated, so a new one is covered without being listed; one that C does not know by
/// the same name does not compile either.
/// </summary>
internal sealed class CSource
{
    private const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // The libc's headers first: where the kernel's say the same, they notice. <linux/mman.h> has what an older libc lacks.
    private static readonly string[] Headers =
    [
        "errno.h", "fcntl.h", "poll.h", "stddef.h", "stdio.h", "time.h", "unistd.h",
        "sys/epoll.h", "sys/eventfd.h", "sys/inotify.h", "sys/ioctl.h", "sys/mman.h", "sys/resource.h", "sys/socket.h", "sys/stat.h", "sys/syscall.h",
        "linux/futex.h", "linux/membarrier.h", "linux/mman.h", "linux/sockios.h",
    ];

    private readonly StringBuilder _text = new();

    internal CSource()
    {
        foreach (string header in Headers)
        {
            _text.Append("#include <").Append(header).Append(">\n");
        }
        // C has no names for these, which differ between architectures.
        _text.Append("#define EPOLL_EVENT_SIZE sizeof(struct epoll_event)\n#define EPOLL_EVENT_DATA offsetof(struct epoll_event, data)\n");
    }

    /// <summary>How many assertions there are.</summary>
    internal int Count { get; private set; }

    public override string ToString() => _text.ToString();

    /// <summary>Every constant of a class, and what is read-only because C# has no constants of its type. Strings are not numbers.</summary>
    internal CSource AddConstants(Type type)
    {
        foreach (FieldInfo field in type.GetFields(All).Where(static field => field.IsStatic && !field.Name.Contains('<', StringComparison.Ordinal)))
        {
            if (field.FieldType != typeof(string))
            {
                AddNumber(field.Name, field.GetValue(null)!);
            }
        }
        return this;
    }

    /// <summary>Every number that is a property of an object.</summary>
    internal CSource AddProperties(object numbers)
    {
        foreach (PropertyInfo property in numbers.GetType().GetProperties(All).Where(static property => !property.GetMethod!.IsStatic))
        {
            AddNumber(property.Name, property.GetValue(numbers)!);
        }
        return this;
    }

    /// <summary>Every value of an enumeration; 0, which stands for none, has no name in C.</summary>
    internal CSource AddEnum<T>() where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>().Where(static value => !value.Equals(default(T))))
        {
            AddNumber(value.ToString(), Convert.ToInt64(value, CultureInfo.InvariantCulture));
        }
        return this;
    }

    /// <summary>Size of every struct that is declared in a class; offset, size and sign of each of their fields.</summary>
    internal CSource AddStructs(Type type)
    {
        foreach (Type each in type.GetNestedTypes(All).Where(static each => each.IsValueType && !each.IsEnum))
        {
            string name = $"struct {each.Name}";
            Add($"sizeof({name})", Marshal.SizeOf(each));
            foreach (FieldInfo field in each.GetFields(All))
            {
                string member = $"(({name} *)0)->{field.Name}";
                Add($"offsetof({name}, {field.Name})", Marshal.OffsetOf(each, field.Name));
                Add($"sizeof({member})", field.FieldType.IsPointer ? nint.Size : Marshal.SizeOf(field.FieldType));
                if (!field.FieldType.IsPointer)
                {
                    Add($"((__typeof__({member}))-1 < 0)", IsSigned(field.FieldType) ? 1 : 0);
                }
            }
        }
        return this;
    }

    // Native words have no constants.
    private static bool IsSigned(Type type) => type == typeof(nint) || (type != typeof(nuint) && IsSignedNumber(type));

    private static bool IsSignedNumber(Type type) => Convert.ToInt64(type.GetField("MinValue")!.GetValue(null), CultureInfo.InvariantCulture) < 0;

    private void AddNumber(string name, object value) =>
        Add(name, value is nint pointer ? pointer : Convert.ToInt64(value, CultureInfo.InvariantCulture));

    private void Add(string expression, long value)
    {
        string number = value.ToString(CultureInfo.InvariantCulture);
        _text.Append(CultureInfo.InvariantCulture, $"_Static_assert((long long)({expression}) == {number}LL, \"{expression} is {number} in C#\");\n");
        Count++;
    }
}
