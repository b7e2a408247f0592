using System.Text.Json;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Contracts;

/// <summary>
/// A stop as asked for in body and query; both at once are fine, the query wins. Rules: deployment-runtime.md §1.2; client-wire.md §4.
/// </summary>
/// <param name="AllowNoMatch">Whether an unknown deployment is as good as a stopped one.</param>
/// <param name="Force">Whether to stop what is in use.</param>
/// <param name="FinishPendingWork">Whether queued requests are served first.</param>
internal readonly record struct StopRequest(bool AllowNoMatch, bool Force, bool FinishPendingWork)
{
    private const string Owner = "stop_trained_model_deployment";

    /// <summary>Names of its query parameters.</summary>
    public static readonly string[] Parameters = ["allow_no_match", "force", "finish_pending_work"];

    /// <summary>Reads; a null <paramref name="body"/> is no body.</summary>
    public static StopRequest Read(string deploymentId, QueryParameters query, JsonElement? body)
    {
        var request = new StopRequest(AllowNoMatch: true, Force: false, FinishPendingWork: false);
        if (body is { } element)
        {
            foreach (var member in JsonMember.Of(element, Owner))
            {
                request = member.Name switch
                {
                    "allow_no_match" => request with { AllowNoMatch = member.Boolean() },
                    "force" => request with { Force = member.Boolean() },
                    "finish_pending_work" => request with { FinishPendingWork = member.Boolean() },
                    "id" or "model_id" when member.String() == deploymentId => request,
                    "id" or "model_id" => throw new MlException(MlErrorKind.IllegalArgument,
                        $"[{member.Name}] in the body [{Excerpt.Of(member.String())}] must be the one in the path [{Excerpt.Of(deploymentId)}]"),
                    _ => throw member.Unknown(),
                };
            }
        }

        return new(
            query.Boolean("allow_no_match") ?? request.AllowNoMatch,
            query.Boolean("force") ?? request.Force,
            query.Boolean("finish_pending_work") ?? request.FinishPendingWork);
    }
}
