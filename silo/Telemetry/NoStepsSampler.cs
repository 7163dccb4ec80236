using OpenTelemetry.Trace;

namespace Herd.Silo.Telemetry;

/// <summary>Leaves out the calls by which streams of grains move on: an answer of 500 tokens would make as many spans.</summary>
internal sealed class NoStepsSampler(double share) : Sampler
{
    private const string Step = "IAsyncEnumerableGrainExtension/MoveNext";

    private readonly ParentBasedSampler _others = new(new TraceIdRatioBasedSampler(share));

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Name.Contains(Step, StringComparison.Ordinal)
            ? new SamplingResult(SamplingDecision.Drop)
            : _others.ShouldSample(samplingParameters);
}
