namespace ShmBus.Hosting;

/// <summary>What somebody may have meant who wrote what is not known.</summary>
internal static class Spelling
{
    private const int MostEdits = 2;

    internal static string Suggest(string word, IEnumerable<string> known)
    {
        string[] all = [.. known];
        return all.Length == 0 ? "there are none."
            : all.MinBy(other => Edits(word, other)) is string nearest && Edits(word, nearest) <= MostEdits ? $"did you mean {nearest}?"
            : $"expected {(all.Length == 1 ? "" : "one of ")}{string.Join(", ", all)}.";
    }

    /// <summary>How many characters must be changed, put in or left out (Levenshtein).</summary>
    private static int Edits(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 0; i < from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < to.Length; j++)
            {
                int replaced = diagonal + (char.ToUpperInvariant(from[i]) == char.ToUpperInvariant(to[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(diagonal, row[j]) + 1);
            }
        }
        return row[^1];
    }
}
