namespace ShmBus.Tool;

/// <summary>How the tool ends: a part of what scripts rely on. README.md says the same.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(Output.SnakeCaseEnum<ExitCode>))]
internal enum ExitCode
{
    /// <summary>All is well.</summary>
    Success = 0,

    /// <summary>Something was found to be wrong, or was refused, for none of the reasons below, or for several of them.</summary>
    Finding = 1,

    /// <summary>The command line cannot be understood, or options do not go together.</summary>
    Usage = 2,

    /// <summary>There is no such bus, topic or file.</summary>
    NotFound = 3,

    /// <summary>The rights are missing, or it belongs to somebody who is not trusted.</summary>
    Access = 4,

    /// <summary>Somebody uses it, or it exists, made in another way.</summary>
    InUse = 5,

    /// <summary>It is no topic: another kind of file, or its header is garbage.</summary>
    NotATopic = 6,

    /// <summary>Its file is shorter or longer than its header says.</summary>
    WrongSize = 7,

    /// <summary>It was made by another version of the layout, or on another kind of machine.</summary>
    OtherVersion = 8,

    /// <summary>What is in it breaks the rules of the layout.</summary>
    Corrupt = 9,

    /// <summary>It is used by processes that have it open, but its name is gone, or leads to another.</summary>
    Unlinked = 10,

    /// <summary>There is not enough space or memory.</summary>
    Space = 11,

    /// <summary>It was ended by Ctrl-C or SIGTERM.</summary>
    Cancelled = 130,
}
