namespace Orleans.Ml.Api.Wire;

/// <summary>The one list of routes: what is mapped, in order. Filled while the application is built, only read afterwards.</summary>
internal sealed class RouteList
{
    private readonly List<MappedRoute> _routes = [];

    /// <summary>Everything that is mapped.</summary>
    public IReadOnlyList<MappedRoute> Routes => _routes;

    public void Add(string pattern, IReadOnlyList<ElasticMethod> methods) => _routes.Add(new(pattern, methods));
}

/// <summary>One path with its methods.</summary>
/// <param name="Pattern">The path, its variable parts in braces.</param>
/// <param name="Methods">What can be done there.</param>
internal sealed record MappedRoute(string Pattern, IReadOnlyList<ElasticMethod> Methods);
