using Orleans.Ml.Deployments;

namespace Orleans.Ml.Abstractions.Tests;

public sealed class DeploymentEventTests
{
    private static readonly AssignmentVersion First = new(3, 0);
    private static readonly AssignmentVersion Second = new(3, 1);
    private static readonly AssignmentVersion Third = new(7, 0);

    [Fact]
    public void FollowsWhatIsKnown() => Assert.Equal((true, false), Judge(Event(Second, previous: First), known: First));

    [Fact]
    public void IsTheFirst_WhenNothingWasBefore() => Assert.Equal((true, false), Judge(Event(First, previous: null), known: null));

    [Fact]
    public void IsAfterAGap_WhenOneInBetweenIsMissing() => Assert.Equal((true, true), Judge(Event(Third, previous: Second), known: First));

    [Fact]
    public void IsAfterAGap_WhenItsSenderIsNew() => Assert.Equal((true, true), Judge(Event(Third, previous: null), known: First));

    [Fact]
    public void IsAfterAGap_WhenTheSubscriberIsNew() => Assert.Equal((true, true), Judge(Event(Third, previous: First), known: null));

    [Fact]
    public void IsToBeIgnored_WhenItIsRepeatedOrOvertaken()
    {
        Assert.Equal((false, false), Judge(Event(Second, previous: null), known: Second));
        Assert.Equal((false, false), Judge(Event(First, previous: null), known: Third));
    }

    private static DeploymentEvent Event(AssignmentVersion version, AssignmentVersion? previous) => new("m", version, previous, null, "test");

    private static (bool IsNewer, bool IsAfterGap) Judge(DeploymentEvent change, AssignmentVersion? known) => (change.IsNewerThan(known), change.IsAfterGap(known));
}
