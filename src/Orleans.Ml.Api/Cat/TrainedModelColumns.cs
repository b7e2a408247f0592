using System.Globalization;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Cat;

/// <summary>The columns of <c>_cat/ml/trained_models</c> (models-nlp-ingest-security.md §1.8).</summary>
internal static class TrainedModelColumns
{
    /// <summary>The table, with sizes in one unit or, when that is null, each in its own.</summary>
    public static CatTable<CatalogModel> Table(string? bytesUnit) => new(
    [
        new("id", [], "the trained model id", true, m => new(m.Id)),
        new("created_by", ["c", "createdBy"], "who created the model", false, _ => new("api_user")),
        new("heap_size", ["hs", "modelHeapSize"], "the size of the model's definition", true, m => Size(m, bytesUnit)),
        new("operations", ["o", "modelOperations"], "the estimated number of operations to use the model", true, m => Number(Config(m).EstimatedOperations)),
        new("license", ["l"], "the license level of the model", false, _ => new("PLATINUM")),
        new("create_time", ["ct"], "the time the model was created", true, m => new(Iso8601.Millis(Config(m).CreateTime))),
        new("version", ["v"], "the version of the configuration when the model was created", false, _ => new(ElasticsearchVersion.MlConfig)),
        new("description", ["d"], "the model's description", false, m => new(Config(m).Description)),
        new("type", ["t"], "the model's type", true, _ => new("pytorch")),
        new("ingest.pipelines", ["ip", "ingestPipelines"], "the number of pipelines that refer to the model", true, _ => Number(0)),
        new("ingest.count", ["ic", "ingestCount"], "the number of documents that pipelines gave the model", false, _ => Number(0)),
        new("ingest.time", ["it", "ingestTime"], "the time spent on documents of pipelines", false, _ => new("0s", 0)),
        new("ingest.current", ["icurr", "ingestCurrent"], "the number of documents of pipelines in work now", false, _ => Number(0)),
        new("ingest.failed", ["if", "ingestFailed"], "the number of documents of pipelines that failed", false, _ => Number(0)),
        new("data_frame.id", ["dfid", "dataFrameAnalytics"], "the data frame analytics that created the model", true, _ => new("__none__")),
        new("data_frame.create_time", ["dft", "dataFrameAnalyticsTime"], "when those analytics were created", false, _ => default),
        new("data_frame.source_index", ["dfsi", "dataFrameAnalyticsSrcIndex"], "the index those analytics read", false, _ => default),
        new("data_frame.analysis", ["dfa", "dataFrameAnalyticsAnalysis"], "the analysis that created the model", false, _ => default),
    ]);

    private static TrainedModelConfig Config(CatalogModel model) => model.Stored.Config;

    private static CatCell Number(long value) => new(value.ToString(CultureInfo.InvariantCulture), value);

    private static CatCell Size(CatalogModel model, string? unit)
    {
        var bytes = Config(model).ModelSizeBytes;
        return new(unit is null ? ByteSize.Human(bytes) : ByteSize.In(bytes, unit).ToString(CultureInfo.InvariantCulture), bytes);
    }
}
