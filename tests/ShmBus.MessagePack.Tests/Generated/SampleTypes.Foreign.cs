using System.Runtime.Serialization;
using MessagePack;

[assembly: ShmBus.MessagePack.MessagePackSerializable(typeof(ShmBus.MessagePack.Tests.Generated.Pair<int>))]
[assembly: ShmBus.MessagePack.MessagePackSerializable(typeof(ShmBus.MessagePack.Tests.Generated.Pair<ShmBus.MessagePack.Tests.Generated.Line>))]

// The attributes that MessagePack-CSharp has, by their names.
namespace MessagePack
{
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    internal sealed class MessagePackObjectAttribute(bool keyAsPropertyName = false) : Attribute
    {
        public bool KeyAsPropertyName { get; } = keyAsPropertyName;
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    internal sealed class KeyAttribute : Attribute
    {
        public KeyAttribute(int x) => IntKey = x;

        public KeyAttribute(string x) => StringKey = x;

        public int? IntKey { get; }

        public string? StringKey { get; }
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    internal sealed class IgnoreMemberAttribute : Attribute;

    [AttributeUsage(AttributeTargets.Interface | AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
    internal sealed class UnionAttribute(int key, Type subType) : Attribute
    {
        public int Key { get; } = key;

        public Type SubType { get; } = subType;
    }

    [AttributeUsage(AttributeTargets.Constructor)]
    internal sealed class SerializationConstructorAttribute : Attribute;

    public interface IMessagePackSerializationCallbackReceiver
    {
        void OnBeforeSerialize();

        void OnAfterDeserialize();
    }
}

namespace Foreign
{
    [Union(7, typeof(Leaf))]
    public interface ITree;

    [MessagePackObject]
    public sealed class Leaf : ITree, IMessagePackSerializationCallbackReceiver
    {
        private readonly List<string> _calls = [];

        /// <summary>Parameters go by their places, as there.</summary>
        [SerializationConstructor]
        public Leaf(int first, string second) => (Number, Text) = (first, second);

        [Key(0)] public int Number { get; }

        [Key(1)] public string Text { get; }

        [IgnoreMember] public int Ignored { get; set; }

        [IgnoreDataMember] public IReadOnlyList<string> Calls => _calls;

        void IMessagePackSerializationCallbackReceiver.OnBeforeSerialize() => _calls.Add("before");

        void IMessagePackSerializationCallbackReceiver.OnAfterDeserialize() => _calls.Add("after");
    }

    [MessagePackObject(true)]
    public struct Mapped
    {
        public int Number { get; set; }

        public string? Text;
    }
}
