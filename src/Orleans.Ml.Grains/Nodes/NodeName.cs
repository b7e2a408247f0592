using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Grains.Nodes;

/// <summary>
/// Two live silos may carry one name as far as Orleans is concerned; a node's name must be its own, because targets, routes and stored models hang on it. A silo does
/// not become active while another endpoint answers under its name; and of two that are active all the same, because one of them was frozen when it was
/// asked, the later life counts and the earlier one stops serving as soon as it sees it.
/// </summary>
internal sealed partial class NodeName(
    ILocalSiloDetails silo,
    IClusterMembershipService membership,
    ISiloProbe probe,
    NodeRuntime runtime,
    IHostApplicationLifetime host,
    ILogger<NodeName> logger) : BackgroundService, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>After the silo has announced that it joins, so that of two that start at the same moment one at least sees the other; before it is active.</summary>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(NodeName), ServiceLifecycleStage.ApplicationServices, ClaimAsync);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            if (Others(snapshot).FirstOrDefault(other => other.Status == SiloStatus.Active && IsLater(other.SiloAddress)) is not { } successor)
                continue;
            LogSuperseded(silo.Name, successor.SiloAddress);
            runtime.BeginLeaving();
            await runtime.StopAsync(new(canceled: true));
            host.StopApplication();
            return;
        }
    }

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        // Of two that start at the same moment the later one asks; both asking, both would refuse.
        foreach (var other in Others(membership.CurrentSnapshot).Where(other => other.Status == SiloStatus.Active || !IsLater(other.SiloAddress)))
        {
            var endpoint = other.SiloAddress.Endpoint;
            if (await probe.AnswersAsync(endpoint, cancellationToken))
            {
                throw new MlException(MlErrorKind.Conflict,
                    $"The name [{silo.Name}] belongs to a node that is up at [{endpoint}]. Give this node another name, or stop the other one first.");
            }

            LogSilentHolder(silo.Name, other.SiloAddress);
        }
    }

    /// <summary>Silos of this name elsewhere. One on the same endpoint is a predecessor: it cannot be up while this silo listens there, and Orleans declares it dead at once.</summary>
    private IEnumerable<ClusterMember> Others(ClusterMembershipSnapshot snapshot) => snapshot.Members.Values.Where(member =>
        member.Name == silo.Name
        && member.Status is (SiloStatus.Joining or SiloStatus.Active)
        && !member.SiloAddress.Endpoint.Equals(silo.SiloAddress.Endpoint));

    private bool IsLater(SiloAddress other) =>
        (other.Generation, other).CompareTo((silo.SiloAddress.Generation, silo.SiloAddress)) > 0;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The name {NodeId} was that of {Other}, which does not answer; this node takes it over")]
    private partial void LogSilentHolder(string nodeId, SiloAddress other);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The name {NodeId} has been taken over by {Successor}; this node stops serving and ends")]
    private partial void LogSuperseded(string nodeId, SiloAddress successor);
}
