using System.Collections.Immutable;

namespace Herd.Contracts.Conversations;

/// <summary>A tenant's durable dialogue. Key: <c>t:tenant/c:id</c>.</summary>
[Alias("herd.IConversationGrain")]
public interface IConversationGrain : IGrainWithStringKey
{
    /// <summary>Makes the conversation.</summary>
    /// <param name="request">Its model and system text.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The conversation.</returns>
    /// <exception cref="Errors.HerdException">It exists already, or the model does not.</exception>
    [Alias("Create")]
    Task<ConversationDescription> Create(CreateConversation request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs a turn once; a known turn id joins the same answer from its beginning. The turn runs on when the reader leaves, so it takes the tenant's
    /// place itself, and where its process dies the next one goes on with it. A turn that no replica took leaves no trace: its id may be used again.
    /// </summary>
    /// <param name="request">The turn.</param>
    /// <param name="cancellationToken">Ends this reading, not the turn.</param>
    /// <returns>The updates.</returns>
    /// <exception cref="Errors.HerdException">No such conversation, another turn is running, or the request is wrong.</exception>
    [Alias("RunTurn")]
    IAsyncEnumerable<TurnUpdate> RunTurn(TurnRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads a turn's answer from a token index on.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="fromIndex">Index of the first token wanted.</param>
    /// <param name="hash"><see cref="RunningHash"/> of what the reader has; where the answer is another now, it is told and gets all. Null: not compared.</param>
    /// <param name="cancellationToken">Ends this reading, not the turn.</param>
    /// <returns>The updates.</returns>
    /// <exception cref="Errors.HerdException">No such conversation or turn.</exception>
    [Alias("ReadTurn")]
    IAsyncEnumerable<TurnUpdate> ReadTurn(string turnId, int fromIndex, ulong? hash, CancellationToken cancellationToken = default);

    /// <summary>Ends a running turn; what it answered so far stays.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">No such conversation or turn.</exception>
    [Alias("CancelTurn")]
    Task CancelTurn(string turnId, CancellationToken cancellationToken = default);

    /// <summary>The conversation.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The conversation.</returns>
    /// <exception cref="Errors.HerdException">No such conversation.</exception>
    [Alias("Describe")]
    Task<ConversationDescription> Describe(CancellationToken cancellationToken = default);

    /// <summary>Some of its turns, in order.</summary>
    /// <param name="fromIndex">Index of the first.</param>
    /// <param name="count">Most to return, at most 100. Fewer come where turns are large: the list has ended when none comes.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The turns.</returns>
    /// <exception cref="Errors.HerdException">No such conversation.</exception>
    [Alias("ListTurns")]
    Task<ImmutableArray<Turn>> ListTurns(int fromIndex, int count, CancellationToken cancellationToken = default);

    /// <summary>All that is stored of some turns, in order. As many as fit into one message.</summary>
    /// <param name="fromIndex">Index of the first.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The records; empty behind the last turn.</returns>
    /// <exception cref="Errors.HerdException">No such conversation.</exception>
    [Alias("ReadRecords")]
    Task<ImmutableArray<TurnRecord>> ReadRecords(int fromIndex, CancellationToken cancellationToken = default);

    /// <summary>Removes the conversation and its pictures.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">No such conversation.</exception>
    [Alias("Delete")]
    Task Delete(CancellationToken cancellationToken = default);
}
