using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Which slice of a list is wanted.</summary>
internal readonly record struct Paging(int From, int Size)
{
    private const int DefaultSize = 100;
    private const int MaxWindow = 10_000;

    /// <summary>Names of its query parameters.</summary>
    public static readonly string[] Parameters = ["from", "size"];

    public static Paging Read(QueryParameters query)
    {
        var from = query.Int32("from") ?? 0;
        var size = query.Int32("size") ?? DefaultSize;
        if (from < 0)
            throw new MlException(MlErrorKind.IllegalArgument, $"[from] parameter cannot be negative, was [{from}]");
        if (size < 0)
            throw new MlException(MlErrorKind.IllegalArgument, $"[size] parameter cannot be negative, was [{size}]");
        if ((long)from + size > MaxWindow)
            throw new MlException(MlErrorKind.IllegalArgument,
                $"the sum of [from] and [size] must be at most [{MaxWindow}], was [{(long)from + size}]");
        return new(from, size);
    }

    public IEnumerable<T> Of<T>(IEnumerable<T> all) => all.Skip(From).Take(Size);
}
