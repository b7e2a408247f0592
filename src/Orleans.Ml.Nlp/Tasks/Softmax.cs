namespace Orleans.Ml.Nlp.Tasks;

/// <summary>Logits to probabilities, in double. Where a logit is NaN or infinite so are probabilities; nothing throws.</summary>
internal static class Softmax
{
    /// <summary>Writes the probabilities of <paramref name="logits"/>, which sum to 1, to as many first places of <paramref name="probabilities"/>.</summary>
    public static void Write(ReadOnlySpan<float> logits, Span<double> probabilities)
    {
        var max = float.NegativeInfinity;
        foreach (var logit in logits)
            max = Math.Max(max, logit);
        var sum = 0.0;
        for (var i = 0; i < logits.Length; i++)
            sum += probabilities[i] = Math.Exp((double)logits[i] - max);
        for (var i = 0; i < logits.Length; i++)
            probabilities[i] /= sum;
    }

    /// <summary>The index of the greatest probability, the first of equals; 0 when none can be compared.</summary>
    public static int ArgMax(ReadOnlySpan<double> probabilities)
    {
        var best = 0;
        for (var i = 1; i < probabilities.Length; i++)
        {
            if (probabilities[i] > probabilities[best])
                best = i;
        }

        return best;
    }
}
