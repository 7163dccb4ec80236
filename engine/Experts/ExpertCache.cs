namespace Herd.Engine.Experts;

/// <summary>What a finding belongs to.</summary>
/// <param name="Scope">Whose it is: nobody else gets it.</param>
/// <param name="Expert">The expert.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Picture">Digest of the picture; empty where it looks at none.</param>
/// <param name="Text">Digest of the text; empty where it reads none.</param>
public sealed record ExpertKey(string Scope, string Expert, string Settings, string Picture, string Text);

/// <summary>Findings by what they belong to, those least recently used going first. Nothing passes between scopes, and none takes all the room. Thread-safe.</summary>
/// <param name="capacity">Most findings.</param>
/// <param name="scopeCapacity">Most findings of one scope.</param>
public sealed class ExpertCache(int capacity, int scopeCapacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(ExpertKey Key, ExpertFinding Finding)> _byUse = [];
    private readonly Dictionary<ExpertKey, LinkedListNode<(ExpertKey Key, ExpertFinding Finding)>> _byKey = [];
    private readonly Dictionary<string, int> _scopes = new(StringComparer.Ordinal);

    /// <summary>Findings that are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byKey.Count;
            }
        }
    }

    /// <summary>Looks for a finding.</summary>
    /// <param name="key">What it belongs to.</param>
    /// <returns>The finding; null where there is none.</returns>
    public ExpertFinding? Find(ExpertKey key)
    {
        lock (_gate)
        {
            if (!_byKey.TryGetValue(key, out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Finding;
        }
    }

    /// <summary>Keeps a finding in place of an earlier one.</summary>
    /// <param name="key">What it belongs to.</param>
    /// <param name="finding">The finding.</param>
    public void Add(ExpertKey key, ExpertFinding finding)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var earlier))
            {
                Remove(earlier);
            }

            if (capacity == 0 || scopeCapacity == 0)
            {
                return;
            }

            if (_scopes.GetValueOrDefault(key.Scope) >= scopeCapacity)
            {
                Remove(LastOf(key.Scope));
            }
            else if (_byKey.Count >= capacity)
            {
                Remove(_byUse.Last!);
            }

            _byKey.Add(key, _byUse.AddFirst((key, finding)));
            _scopes[key.Scope] = _scopes.GetValueOrDefault(key.Scope) + 1;
        }
    }

    private LinkedListNode<(ExpertKey Key, ExpertFinding Finding)> LastOf(string scope)
    {
        var node = _byUse.Last!;
        while (node.Value.Key.Scope != scope)
        {
            node = node.Previous!;
        }

        return node;
    }

    private void Remove(LinkedListNode<(ExpertKey Key, ExpertFinding Finding)> node)
    {
        var scope = node.Value.Key.Scope;
        _byUse.Remove(node);
        _byKey.Remove(node.Value.Key);
        if (--_scopes[scope] == 0)
        {
            _scopes.Remove(scope);
        }
    }
}
