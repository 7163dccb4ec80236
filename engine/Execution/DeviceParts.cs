using Herd.Engine.Adapters;
using Herd.Engine.Scheduling;

namespace Herd.Engine.Execution;

/// <summary>What the device loop works with.</summary>
internal sealed record DeviceParts(Scheduler Scheduler, BlockLedger Blocks, StepRunner Runner, PromptBuilder Prompts, PromptCache PromptCache);
