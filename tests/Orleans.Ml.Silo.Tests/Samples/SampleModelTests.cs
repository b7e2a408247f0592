using Orleans.Ml.Silo.Samples;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Silo.Tests.Samples;

public sealed class SampleModelTests
{
    [Theory]
    [InlineData("tiny-ner", "ner", "Tim Cook announced at Apple Park that Microsoft and Google would open offices in Berlin")]
    [InlineData("tiny-language", "text_classification", "Kannst du mir bitte das Salz geben?")]
    [InlineData("tiny-embedding", "text_embedding", "A dog is running in the park.")]
    public void ShowsSomethingOfItsTask(string id, string task, string text)
    {
        var folder = TestModels.Sample(id);

        Assert.Empty(SampleModel.MissingIn(folder));
        Assert.Equal(new SampleModel(id, folder, task, "text_field", text), SampleModel.Read(folder));
    }

    [Fact]
    public void NamesWhatIsMissing_WhenAFolderIsIncomplete()
    {
        using var folder = new TemporaryFolder();
        folder.Write("model.json", "{}");

        Assert.Equal(["model.pt", "vocabulary.json"], SampleModel.MissingIn(folder.Path));
    }
}
