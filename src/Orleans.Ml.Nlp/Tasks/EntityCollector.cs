using System.Collections.Immutable;
using System.Text;
using Orleans.Ml.Inference;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>Joins tagged words to entities and writes them into the text.</summary>
internal sealed class EntityCollector(string text, bool lowersEntities)
{
    private readonly ImmutableArray<NamedEntity>.Builder _entities = ImmutableArray.CreateBuilder<NamedEntity>();
    private string _className = "";
    private double _sum;
    private int _words;
    private int _start;
    private int _end;

    /// <summary>Takes in the next word of the text. An entity begins at any tag that is not none, even one of kind I.</summary>
    public void Add(IobTag tag, double probability, Token word)
    {
        if (tag.IsNone)
        {
            Close();
            return;
        }

        if (_words == 0 || tag.IsBeginning || tag.ClassName != _className)
        {
            Close();
            (_className, _start) = (tag.ClassName, word.Start);
        }

        _sum += probability;
        _words++;
        _end = word.End;
    }

    /// <summary>The entities and the annotated text.</summary>
    public NerResult ToResult(bool isTruncated)
    {
        Close();
        var entities = _entities.DrainToImmutable();
        return new(Annotate(entities), entities, isTruncated);
    }

    private void Close()
    {
        if (_words > 0)
        {
            var surface = text[_start.._end];
            _entities.Add(new(lowersEntities ? surface.ToLowerInvariant() : surface, _className, _sum / _words, _start, _end));
        }

        (_sum, _words) = (0, 0);
    }

    private string Annotate(ImmutableArray<NamedEntity> entities)
    {
        if (entities.IsEmpty)
            return text;
        var annotated = new StringBuilder(text.Length + (entities.Length * 32));
        var done = 0;
        foreach (var entity in entities)
        {
            var surface = text.AsSpan(entity.StartPos, entity.EndPos - entity.StartPos);
            annotated.Append(text, done, entity.StartPos - done).Append('[').Append(surface).Append("](").Append(entity.ClassName).Append('&');
            var target = annotated.Length;
            annotated.Append(surface).Replace(' ', '+', target, surface.Length).Append(')');
            done = entity.EndPos;
        }

        return annotated.Append(text, done, text.Length - done).ToString();
    }
}
