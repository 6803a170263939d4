namespace PassedRegion;

/// <summary>The plug-in is of no more use. Says why.</summary>
internal sealed class PluginFailedException(string message, Exception? cause = null) : Exception(message, cause);
