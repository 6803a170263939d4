using System.ComponentModel;

// Types that refer to a layer above, each in one way: what the layer test must find.
namespace ShmBus.Tests.House.Samples.Upper
{
    internal class Target
    {
        internal const int Constant = 1;

        internal static void Call() { }
    }

    internal interface ITarget;

    internal struct TargetStruct;

    internal sealed class TargetException : Exception;

    internal static class TargetOf<T>
    {
        internal static void Call() { }
    }

    [AttributeUsage(AttributeTargets.All)]
    internal sealed class TargetAttribute : Attribute;
}

namespace ShmBus.Tests.House.Samples.Lower
{
    internal sealed class ByBaseType : Upper.Target;

    internal sealed class ByInterface : Upper.ITarget;

    internal sealed class ByConstraint<T> where T : Upper.ITarget;

    internal sealed class ByField
    {
        internal Upper.Target Value = new();
    }

    internal sealed class ByTypeArgument
    {
        internal Dictionary<string, Upper.Target[]> Values = [];
    }

    internal sealed unsafe class ByPointer
    {
        internal Upper.TargetStruct* Address = null;
    }

    internal sealed unsafe class ByFunctionPointer
    {
        internal delegate*<Upper.TargetStruct, void> Function = null;
    }

    internal abstract class ByProperty
    {
        internal abstract Upper.Target Value { get; }
    }

    internal abstract class ByParameter
    {
        internal abstract void Take(ref Upper.Target value);
    }

    internal abstract class ByResult
    {
        internal abstract Upper.Target Make();
    }

    internal abstract class ByMethodConstraint
    {
        internal abstract void Take<T>(T value) where T : Upper.ITarget;
    }

    internal sealed class ByLocal
    {
        internal void Use(ByResult other)
        {
            var local = other.Make();
            // Assigned twice, or the compiler keeps it on the evaluation stack, where it has no type.
            while (local is null)
            {
                local = other.Make();
            }
        }
    }

    internal sealed class ByCall
    {
        internal void Use() => Upper.Target.Call();
    }

    internal sealed class ByGenericCall
    {
        internal object Use() => Array.Empty<Upper.Target>();
    }

    internal sealed class ByCallOfGenericType
    {
        internal void Use() => Upper.TargetOf<int>.Call();
    }

    internal sealed class ByLambda
    {
        internal Action Use() => static () => Upper.Target.Call();
    }

    internal sealed class ByTypeOf
    {
        internal Type Use() => typeof(Upper.Target);
    }

    internal sealed class ByCatch
    {
        internal void Use(Action action)
        {
            try
            {
                action();
            }
            catch (Upper.TargetException)
            {
            }
        }
    }

    [Upper.Target]
    internal sealed class ByAttribute;

    internal abstract class ByAttributeOfParameter
    {
        internal abstract void Take([Upper.Target] int value);
    }

    [TypeConverter(typeof(Upper.Target))]
    internal sealed class ByAttributeArgument;
}
