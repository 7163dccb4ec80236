using Herd.Demo.Pictures;
using Herd.Demo.Pipeline;
using Herd.Demo.Words;
using Xunit;

namespace Herd.Demo.Tests.Pipeline;

/// <summary>What slots are warmed up towards.</summary>
public sealed class SlotWordsTests
{
    [Fact]
    public void Next_HasASlotForEachWordOfWhatStandsInTheCell_AndNothingElsewhere()
    {
        var (tokenizer, pictures) = (WorldTokenizer.Shared, new WorldPictures(1, 20));
        var words = new SlotWords(1, pictures, tokenizer);
        for (var row = 0; row < 40; row++)
        {
            var next = words.Next();
            var scene = Enumerable.Range(0, pictures.Count).Select(number => pictures[number]).Single(picture => picture.Key == next.Picture.Key).Scene;

            Assert.Equal(tokenizer.BosId, next.Ids[0]);
            Assert.Equal(tokenizer.EncodeContinuation($" scene: {scene.Caption} ."), next.Ids[1..]);
            Assert.Equal(WorldWords.Places.Count * SlotWords.PerCell, next.Slots.Length);
            for (var cell = 0; cell < WorldWords.Places.Count; cell++)
            {
                var told = next.Slots.Skip(cell * SlotWords.PerCell).Take(SlotWords.PerCell).Select(token => token < 0 ? "" : tokenizer.Decode([next.Ids[token]]).Trim());
                Assert.Equal(scene.At(cell)?.Phrase.Split(' ') ?? ["", "", "", ""], told);
            }
        }
    }
}
