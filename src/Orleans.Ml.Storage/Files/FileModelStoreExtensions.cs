using Orleans.Ml.Models;
using Orleans.Ml.Storage.Files;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the model store that keeps models as files.</summary>
public static class FileModelStoreExtensions
{
    /// <summary>Keeps definitions and vocabularies in <c>{dataDirectory}/models</c>. Several processes may share the folder.</summary>
    public static IServiceCollection AddFileModelStore(this IServiceCollection services, string dataDirectory) =>
        services.AddSingleton<IModelStore>(_ => new FileModelStore(Path.Combine(dataDirectory, "models")));
}
