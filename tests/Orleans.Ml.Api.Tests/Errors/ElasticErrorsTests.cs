using Microsoft.AspNetCore.Http;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Inference;
using Orleans.Storage;

namespace Orleans.Ml.Api.Tests.Errors;

public sealed class ElasticErrorsTests
{
    /// <summary>Every kind, what cannot be reached, and what nobody expected.</summary>
    public static TheoryData<Exception, int, string> Exceptions => new()
    {
        { new MlException(MlErrorKind.BadRequest, ""), 400, "status_exception" },
        { new MlException(MlErrorKind.RequestValidation, ""), 400, "action_request_validation_exception" },
        { new MlException(MlErrorKind.StateValidation, ""), 400, "validation_exception" },
        { new MlException(MlErrorKind.IllegalArgument, ""), 400, "illegal_argument_exception" },
        { new MlException(MlErrorKind.ContentParse, ""), 400, "x_content_parse_exception" },
        { new MlException(MlErrorKind.Parse, ""), 400, "parse_exception" },
        { new MlException(MlErrorKind.NotFound, ""), 404, "resource_not_found_exception" },
        { new MlException(MlErrorKind.AlreadyExists, ""), 400, "resource_already_exists_exception" },
        { new MlException(MlErrorKind.Conflict, ""), 409, "status_exception" },
        { new MlException(MlErrorKind.Forbidden, ""), 403, "status_exception" },
        { new MlException(MlErrorKind.InferenceTimeout, ""), 408, "status_exception" },
        { new MlException(MlErrorKind.StartTimeout, ""), 408, "model_deployment_timeout_exception" },
        { new MlException(MlErrorKind.NoCapacity, ""), 429, "status_exception" },
        { new MlException(MlErrorKind.QueueFull, ""), 429, "es_rejected_execution_exception" },
        { new MlException(MlErrorKind.Unavailable, ""), 503, "status_exception" },
        { new MlException(MlErrorKind.ModelFailed, ""), 500, "status_exception" },
        { new MlException(MlErrorKind.ServerError, ""), 500, "exception" },
        { new MlException(MlErrorKind.TooLarge, ""), 413, "status_exception" },
        { new MlException(MlErrorKind.TaskNotFound, ""), 404, "status_exception" },
        { new SiloUnavailableException(), 503, "status_exception" },
        { new TimeoutException(), 503, "status_exception" },
        { new OrleansException(), 503, "status_exception" },
        { new InconsistentStateException(), 503, "status_exception" },
        { new IOException(), 503, "status_exception" },
        { new BadHttpRequestException("bad chunk"), 400, "status_exception" },
        { new BadHttpRequestException("large", 413), 413, "status_exception" },
        { new InvalidOperationException(), 500, "exception" },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void From_MapsExceptions(Exception exception, int status, string type)
    {
        var error = ElasticErrors.From(exception);

        Assert.Equal((status, type), (error.Status, error.Type));
    }

    [Fact]
    public void From_KnowsEveryKind()
    {
        var tested = Exceptions.Select(row => row.Data.Item1).OfType<MlException>().Select(e => e.Kind);

        Assert.Equal(Enum.GetValues<MlErrorKind>().Order(), tested.Order());
    }

    [Fact]
    public void From_MapsInferenceReplies()
    {
        var error = ElasticErrors.From(InferenceReply.Rejected("queue of [d] is full", 8));

        Assert.Equal(new ElasticError(429, "es_rejected_execution_exception", "queue of [d] is full"), error);
    }

    [Fact]
    public void From_TellsNothingOfUnexpectedExceptions()
    {
        var error = ElasticErrors.From(new InvalidOperationException("secret at Foo.Bar()"));

        Assert.DoesNotContain("secret", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_IsTheEnvelope() => Assert.Equal(
        """{"error":{"root_cause":[{"type":"x_content_parse_exception","reason":"outer"}],"type":"x_content_parse_exception","reason":"outer","caused_by":{"type":"illegal_argument_exception","reason":"inner"}},"status":400}""",
        Golden.Write(w => ErrorAnswer.Write(w, ElasticErrors.From(new MlException(MlErrorKind.ContentParse, "outer", new(MlErrorKind.IllegalArgument, "inner"))))));

    [Fact]
    public void Write_SurvivesHalfASurrogatePair()
    {
        var json = Golden.Write(w => ErrorAnswer.Write(w, new(400, "t", "bad \ud83d text")));

        Assert.Contains("text", json, StringComparison.Ordinal);
    }
}
