using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Writes inference results; order and presence of members: models-nlp-ingest-security.md §2.3.</summary>
internal static class InferenceResultJson
{
    /// <summary>All results, as <c>_infer</c> answers them.</summary>
    public static void WriteAll(Utf8JsonWriter writer, InferenceReply reply)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("inference_results"u8);
        foreach (var result in reply.Results)
            Write(writer, result, reply.ResultsField);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The only result, as the deprecated path answers it.</summary>
    public static void WriteSingle(Utf8JsonWriter writer, InferenceReply reply) => Write(writer, reply.Results[0], reply.ResultsField);

    private static void Write(Utf8JsonWriter writer, InferenceResult result, string resultsField)
    {
        writer.WriteStartObject();
        writer.WritePropertyName(resultsField);
        switch (result)
        {
            case EmbeddingResult embedding:
                WriteNumbers(writer, embedding.Values);
                break;
            case ClassificationResult classification:
                WriteClasses(writer, classification.PredictedValue, classification.TopClasses, classification.PredictionProbability);
                break;
            case FillMaskResult fillMask:
                WriteClasses(writer, fillMask.PredictedValue, fillMask.TopClasses, fillMask.PredictionProbability);
                writer.WriteString(resultsField + "_sequence", fillMask.PredictedSequence);
                break;
            case QuestionAnsweringResult answering:
                Write(writer, answering);
                break;
            case TextExpansionResult expansion:
                WriteWeights(writer, expansion);
                break;
            case TextSimilarityResult similarity:
                WriteValue(writer, similarity.Score);
                break;
            case NerResult ner:
                Write(writer, ner);
                break;
            case RawResult raw:
                WriteRows(writer, raw);
                break;
            default:
                throw new InvalidOperationException($"No JSON is known for results of type {result.GetType()}");
        }

        if (result.IsTruncated)
            writer.WriteBoolean("is_truncated"u8, true);
        writer.WriteEndObject();
    }

    private static void WriteClasses(Utf8JsonWriter writer, string best, ImmutableArray<TopClass> topClasses, double probability)
    {
        writer.WriteStringValue(best);
        if (!topClasses.IsDefaultOrEmpty)
        {
            writer.WriteStartArray("top_classes"u8);
            foreach (var top in topClasses)
            {
                writer.WriteStartObject();
                writer.WriteString("class_name"u8, top.ClassName);
                WriteNumber(writer, "class_probability"u8, top.Probability);
                WriteNumber(writer, "class_score"u8, top.Probability);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        WriteNumber(writer, "prediction_probability"u8, probability);
    }

    private static void Write(Utf8JsonWriter writer, QuestionAnsweringResult result)
    {
        writer.WriteStringValue(result.Best.Answer);
        writer.WriteNumber("start_offset"u8, result.Best.StartOffset);
        writer.WriteNumber("end_offset"u8, result.Best.EndOffset);
        if (!result.TopAnswers.IsDefaultOrEmpty)
        {
            writer.WriteStartArray("top_classes"u8);
            foreach (var top in result.TopAnswers)
            {
                writer.WriteStartObject();
                writer.WriteString("answer"u8, top.Answer);
                writer.WriteNumber("start_offset"u8, top.StartOffset);
                writer.WriteNumber("end_offset"u8, top.EndOffset);
                WriteNumber(writer, "score"u8, top.Score);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        WriteNumber(writer, "prediction_probability"u8, result.Best.Score);
    }

    // Unlike all other numbers these are printed as the floats they are: 0.1f is 0.1.
    private static void WriteWeights(Utf8JsonWriter writer, TextExpansionResult result)
    {
        writer.WriteStartObject();
        foreach (var (token, weight) in result.Tokens)
        {
            if (float.IsFinite(weight))
                writer.WriteNumber(token, weight);
            else
                writer.WriteNull(token);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, NerResult result)
    {
        writer.WriteStringValue(result.AnnotatedText);
        writer.WriteStartArray("entities"u8);
        foreach (var entity in result.Entities)
        {
            writer.WriteStartObject();
            writer.WriteString("entity"u8, entity.Entity);
            writer.WriteString("class_name"u8, entity.ClassName);
            WriteNumber(writer, "class_probability"u8, entity.ClassProbability);
            writer.WriteNumber("start_pos"u8, entity.StartPos);
            writer.WriteNumber("end_pos"u8, entity.EndPos);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRows(Utf8JsonWriter writer, RawResult raw)
    {
        writer.WriteStartArray();
        var rowBytes = raw.Columns * sizeof(float);
        for (var start = 0; rowBytes > 0 && start < raw.Values.Length; start += rowBytes)
            WriteNumbers(writer, raw.Values.AsSpan(start, Math.Min(rowBytes, raw.Values.Length - start)));
        writer.WriteEndArray();
    }

    // Widened to double and printed as such, as Elasticsearch does: 0.1f is 0.10000000149011612.
    private static void WriteNumbers(Utf8JsonWriter writer, ReadOnlySpan<byte> littleEndian)
    {
        writer.WriteStartArray();
        for (; littleEndian.Length >= sizeof(float); littleEndian = littleEndian[sizeof(float)..])
            WriteValue(writer, BinaryPrimitives.ReadSingleLittleEndian(littleEndian));

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double value)
    {
        writer.WritePropertyName(name);
        WriteValue(writer, value);
    }

    // JSON has no word for a number that is none.
    private static void WriteValue(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteNullValue();
    }
}
