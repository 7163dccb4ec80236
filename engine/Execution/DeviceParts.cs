using Herd.Engine.Adapters;
using Herd.Engine.KvCache;
using Herd.Engine.Scheduling;

namespace Herd.Engine.Execution;

/// <summary>What the device loop works with.</summary>
internal sealed record DeviceParts(Scheduler Scheduler, BlockAllocator Blocks, StepRunner Runner, PromptBuilder Prompts, PromptCache PromptCache);
