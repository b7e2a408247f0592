using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Contracts;

/// <summary>An update as asked for, in the query or in the body but not in both. Rules: deployment-runtime.md §1.3.</summary>
/// <param name="Deployment">What to change.</param>
/// <param name="Timeout">How long it may take.</param>
internal readonly record struct UpdateRequest(UpdateDeployment Deployment, TimeSpan Timeout)
{
    private const string Owner = "update_trained_model_deployment";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Names of its query parameters.</summary>
    public static readonly string[] Parameters = ["number_of_allocations", "timeout", "master_timeout"];

    /// <summary>Reads and validates; a null <paramref name="body"/> is no body.</summary>
    /// <exception cref="MlException">What is wrong; all problems of the values together.</exception>
    public static UpdateRequest Read(string deploymentId, QueryParameters query, JsonElement? body)
    {
        query.Time("master_timeout");
        var timeout = query.Time("timeout") ?? DefaultTimeout;
        var deployment = query.Int32("number_of_allocations") switch
        {
            null when body is null => throw new MlException(MlErrorKind.Parse, "request body is required"),
            null => Read(deploymentId, body.Value),
            { } when body is not null => throw new MlException(MlErrorKind.IllegalArgument,
                "[number_of_allocations] in the query does not support having a body; say everything in the body"),
            { } number => new UpdateDeployment(number),
        };
        return deployment.FindProblems() is { Count: > 0 } problems ? throw MlException.Validation(problems) : new(deployment, timeout);
    }

    private static UpdateDeployment Read(string deploymentId, JsonElement body)
    {
        var update = new UpdateDeployment();
        foreach (var member in JsonMember.Of(body, Owner))
        {
            switch (member.Name)
            {
                case "number_of_allocations":
                    update = update with { NumberOfAllocations = member.Int32() };
                    break;
                case "adaptive_allocations":
                    update = update with { AdaptiveAllocations = AdaptiveAllocationsJson.Read(member) };
                    break;
                case "timeout":
                    // Accepted without effect, as in Elasticsearch: the query's timeout, or the default, takes its place.
                    member.Time();
                    break;
                case "model_id":
                    if (member.String() is var bodyId && bodyId != deploymentId)
                        throw new MlException(MlErrorKind.BadRequest,
                            $"[model_id] in the body [{Excerpt.Of(bodyId)}] must be the one in the path [{Excerpt.Of(deploymentId)}]");
                    break;
                default:
                    throw member.Unknown();
            }
        }

        return update;
    }
}
