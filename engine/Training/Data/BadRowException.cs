namespace Herd.Engine.Training.Data;

/// <summary>Ends the reading of a row; whoever reads rows passes over it and counts it.</summary>
internal sealed class BadRowException(RowFault fault, string reason) : Exception(reason)
{
    public RowFault Fault => fault;
}
