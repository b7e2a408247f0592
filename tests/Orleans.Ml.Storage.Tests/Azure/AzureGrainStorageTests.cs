using Orleans.Ml.Storage.Tests.Conformance;

namespace Orleans.Ml.Storage.Tests.Azure;

public sealed class AzureBlobGrainStorageTests(BlobHost host) : GrainStorageTests(host), IClassFixture<BlobHost>;

public sealed class AzureTableGrainStorageTests(TableHost host) : GrainStorageTests(host), IClassFixture<TableHost>;

public sealed class OfficialBlobGrainStorageTests(OfficialBlobHost host) : GrainStorageTests(host), IClassFixture<OfficialBlobHost>;

public sealed class OfficialTableGrainStorageTests(OfficialTableHost host) : GrainStorageTests(host), IClassFixture<OfficialTableHost>;

public sealed class AzureTextTableGrainStorageTests(TextTableHost host) : GrainStorageTests(host), IClassFixture<TextTableHost>;
