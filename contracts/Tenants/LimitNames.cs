namespace Herd.Contracts.Tenants;

/// <summary>Which limit a refusal is about, as clients read it.</summary>
public static class LimitNames
{
    /// <summary><see cref="TenantLimits.ConcurrentSequences"/>.</summary>
    public const string ConcurrentSequences = "concurrent_sequences";

    /// <summary><see cref="TenantLimits.RequestsPerMinute"/>.</summary>
    public const string RequestsPerMinute = "requests_per_minute";

    /// <summary><see cref="TenantLimits.TokensPerMinute"/>.</summary>
    public const string TokensPerMinute = "tokens_per_minute";

    /// <summary><see cref="TenantLimits.Adapters"/>.</summary>
    public const string Adapters = "adapters";

    /// <summary>Most versions of one adapter.</summary>
    public const string AdapterVersions = "adapter_versions";

    /// <summary><see cref="TenantLimits.StoredBytes"/>.</summary>
    public const string StoredBytes = "stored_bytes";

    /// <summary><see cref="TenantLimits.StoredPictures"/>.</summary>
    public const string StoredPictures = "stored_pictures";

    /// <summary><see cref="TenantLimits.PicturesPerRequest"/>.</summary>
    public const string PicturesPerRequest = "pictures_per_request";

    /// <summary><see cref="TenantLimits.TrainingJobs"/>.</summary>
    public const string TrainingJobs = "training_jobs";

    /// <summary>Requests that one tenant may have under way at one gateway.</summary>
    public const string ConcurrentRequests = "concurrent_requests";

    /// <summary>Uploads that one tenant may have under way at one gateway.</summary>
    public const string ConcurrentUploads = "concurrent_uploads";

    /// <summary>Bytes of one upload.</summary>
    public const string UploadBytes = "upload_bytes";

    /// <summary>Bytes of one picture.</summary>
    public const string PictureBytes = "picture_bytes";

    /// <summary>Bytes of the texts of one request.</summary>
    public const string PromptBytes = "prompt_bytes";
}
