using System.Collections.Immutable;
using Orleans.Ml.Inference;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>The best answers so far, descending; of equals the one found first. Overlapping ones are not merged.</summary>
internal sealed class AnswerList(int capacity)
{
    // Offers beyond the capacity are sorted out now and then, not one by one: any capacity takes n log n steps for n offers.
    private readonly int _limit = (int)Math.Min(Array.MaxLength, Math.Max(64, 2L * capacity));
    private readonly List<(double Score, int First, int Last, int Order)> _answers = [];
    private double _least;
    private bool _isFull;
    private int _offers;

    /// <summary>Takes in an answer from one token to another, both included.</summary>
    public void Offer(double score, int first, int last)
    {
        // A score that is no number stays behind all others.
        if (_isFull && score.CompareTo(_least) <= 0)
            return;
        _answers.Add((score, first, last, _offers++));
        if (_answers.Count >= _limit)
            SortOut();
    }

    /// <summary>The answers as parts of the text; at least one, which is empty when the text is.</summary>
    public ImmutableArray<TopAnswer> ToTopAnswers(string text, ReadOnlySpan<Token> tokens)
    {
        if (_answers.Count == 0)
            return [new("", 0, 0, 0)];
        SortOut();
        var top = ImmutableArray.CreateBuilder<TopAnswer>(_answers.Count);
        foreach (var (score, first, last, _) in _answers)
        {
            var (start, end) = (tokens[first].Start, tokens[last].End);
            top.Add(new(text[start..end], start, end, score));
        }

        return top.MoveToImmutable();
    }

    private void SortOut()
    {
        _answers.Sort(static (a, b) => b.Score.CompareTo(a.Score) is not 0 and var order ? order : a.Order.CompareTo(b.Order));
        if (_answers.Count > capacity)
            _answers.RemoveRange(capacity, _answers.Count - capacity);
        (_isFull, _least) = (_answers.Count == capacity, _answers[^1].Score);
    }
}
