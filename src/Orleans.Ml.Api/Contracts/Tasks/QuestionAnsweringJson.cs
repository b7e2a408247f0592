using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>The part of a text that answers a question.</summary>
internal sealed class QuestionAnsweringJson : TaskJson
{
    public override string Name => QuestionAnsweringConfig.Name;

    public override InferenceConfig Read(JsonMember task)
    {
        var common = new CommonTaskMembers();
        var (numTopClasses, maxAnswerLength) = (0, QuestionAnsweringConfig.DefaultMaxAnswerLength);
        foreach (var member in task.Members())
        {
            if (member.Name == "num_top_classes")
                numTopClasses = member.Int32();
            else if (member.Name == "max_answer_length")
                maxAnswerLength = member.Int32();
            else
                common.Read(member);
        }

        return FindProblem(numTopClasses, maxAnswerLength) is { } problem
            ? throw task.Caused(MlErrorKind.IllegalArgument, problem)
            : new QuestionAnsweringConfig(common.Tokenization, common.ResultsField, numTopClasses, maxAnswerLength);
    }

    public override InferenceUpdate ReadUpdate(JsonMember task)
    {
        var common = new CommonTaskMembers();
        string? question = null;
        int? numTopClasses = null, maxAnswerLength = null;
        foreach (var member in task.Members())
        {
            if (member.Name == "question")
                question = member.IsNull ? null : member.String();
            else if (member.Name == "num_top_classes")
                numTopClasses = member.Int32();
            else if (member.Name == "max_answer_length")
                maxAnswerLength = member.Int32();
            else
                common.ReadUpdate(member);
        }

        if (question is null)
            throw new MlException(MlErrorKind.IllegalArgument, "[question] must not be null");
        return FindProblem(numTopClasses, maxAnswerLength) is { } problem
            ? throw new MlException(MlErrorKind.IllegalArgument, problem)
            : new QuestionAnsweringUpdate(common.TokenizationUpdate, common.ResultsField, question, numTopClasses, maxAnswerLength);
    }

    public override void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config)
    {
        var own = (QuestionAnsweringConfig)config;
        writer.WriteNumber("num_top_classes"u8, own.NumTopClasses);
        writer.WriteNumber("max_answer_length"u8, own.MaxAnswerLength);
    }

    private static string? FindProblem(int? numTopClasses, int? maxAnswerLength)
    {
        if (numTopClasses < 0)
            return $"[num_top_classes] must be at least 0, was [{numTopClasses}]";
        return maxAnswerLength <= 0 ? $"[max_answer_length] must be positive, was [{maxAnswerLength}]" : null;
    }
}
