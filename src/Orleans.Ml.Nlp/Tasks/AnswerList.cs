using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The best answers so far, descending; of equals the one found first. Overlapping ones are not merged.</summary>
internal sealed class AnswerList(int capacity)
{
    private readonly List<(double Score, int First, int Last)> _answers = [];

    /// <summary>Takes in an answer from one token to another, both included.</summary>
    public void Offer(double score, int first, int last)
    {
        if (_answers.Count == capacity && !(score > _answers[^1].Score))
            return;
        if (_answers.Count == capacity)
            _answers.RemoveAt(capacity - 1);
        var at = _answers.Count;
        // A score that is no number stays behind all others.
        while (at > 0 && score > _answers[at - 1].Score)
            at--;
        _answers.Insert(at, (score, first, last));
    }

    /// <summary>The answers as parts of the text; at least one, which is empty when the text is.</summary>
    public ImmutableArray<TopAnswer> ToTopAnswers(string text, ReadOnlySpan<Token> tokens)
    {
        if (_answers.Count == 0)
            return [new("", 0, 0, 0)];
        var top = ImmutableArray.CreateBuilder<TopAnswer>(_answers.Count);
        foreach (var (score, first, last) in _answers)
        {
            var (start, end) = (tokens[first].Start, tokens[last].End);
            top.Add(new(text[start..end], start, end, score));
        }

        return top.MoveToImmutable();
    }
}
