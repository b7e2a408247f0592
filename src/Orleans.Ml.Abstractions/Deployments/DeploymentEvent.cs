namespace Orleans.Ml.Deployments;

/// <summary>Where deployments tell what becomes of them: an Orleans stream for people and tools. It can lose events and fall silent; the truth is in the deployments.</summary>
public static class DeploymentEvents
{
    /// <summary>Name of the stream provider. A silo without one of this name tells nothing.</summary>
    public const string ProviderName = "ml-events";

    /// <summary>Namespace of the stream.</summary>
    public const string StreamNamespace = "ml-deployments";

    /// <summary>Key of the stream: one for all deployments.</summary>
    public const string StreamKey = "all";
}

/// <summary>A deployment's assignment has changed. Events of one deployment are sent in order; version and predecessor tell when one did not arrive.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="Version">Of the state told here: plan version, then revision.</param>
/// <param name="Previous">Version of the event before; null when the sender does not know, because it is new or was moved.</param>
/// <param name="Assignment">The full state; null when the deployment is gone.</param>
/// <param name="Reason">What happened, for people.</param>
[GenerateSerializer, Immutable, Alias("ml.DeploymentEvent")]
public sealed record DeploymentEvent(
    [property: Id(0)] string DeploymentId,
    [property: Id(1)] AssignmentVersion Version,
    [property: Id(2)] AssignmentVersion? Previous,
    [property: Id(3)] Assignment? Assignment,
    [property: Id(4)] string Reason)
{
    /// <summary>Whether this says more than what a subscriber knows; otherwise it is to be ignored.</summary>
    public bool IsNewerThan(AssignmentVersion? known) => known is null || Version > known;

    /// <summary>Whether events may have been lost between what a subscriber knows and this one: it reads the state of the deployments again.</summary>
    public bool IsAfterGap(AssignmentVersion? known) => IsNewerThan(known) && Previous != known;
}
