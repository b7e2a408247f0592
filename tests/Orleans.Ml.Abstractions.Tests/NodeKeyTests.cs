namespace Orleans.Ml.Abstractions.Tests;

public sealed class NodeKeyTests
{
    [Theory]
    [InlineData("node-1", "tiny-ner")]
    [InlineData("n", "a/b")]
    [InlineData("n.1_x-y", "/")]
    [InlineData("n", "")]
    public void GivesBackNodeAndDeployment_WhateverTheDeploymentIsCalled(string node, string deployment)
    {
        var key = NodeKey.Of(node, deployment);

        Assert.Equal((node, deployment), (NodeKey.NodeOf(key), NodeKey.DeploymentOf(key)));
    }

    [Fact]
    public void IsTheNodeItself_WithoutADeployment() => Assert.Equal("node-1", NodeKey.NodeOf("node-1"));
}
