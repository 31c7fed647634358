"""An encoder, a decoder with attention over the encoder's outputs, and teacher forcing."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

SOS, EOS, HIDDEN, WORDS, LENGTH = 0, 1, 8, 7, 5
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, HIDDEN)
        self.gru = nn.GRU(HIDDEN, HIDDEN, batch_first=True)

    def forward(self, input):
        return self.gru(self.embedding(input))


class BahdanauAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.Wa, self.Ua, self.Va = (
            nn.Linear(HIDDEN, HIDDEN),
            nn.Linear(HIDDEN, HIDDEN),
            nn.Linear(HIDDEN, 1),
        )

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        weights = F.softmax(scores.squeeze(2).unsqueeze(1), dim=-1)
        return torch.bmm(weights, keys), weights


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, HIDDEN)
        self.attention = BahdanauAttention()
        self.gru = nn.GRU(2 * HIDDEN, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, WORDS)

    def forward(self, encoder_outputs, hidden, target=None):
        batch = encoder_outputs.size(0)
        word = torch.empty(batch, 1, dtype=torch.long, device=device).fill_(SOS)
        outputs = []
        for i in range(LENGTH):
            query = hidden.permute(1, 0, 2)
            context, _ = self.attention(query, encoder_outputs)
            both = torch.cat((self.embedding(word), context), dim=2)
            output, hidden = self.gru(both, hidden)
            output = self.out(output)
            outputs.append(output)
            if target is not None:
                word = target[:, i].unsqueeze(1)
            else:
                _, topi = output.topk(1)
                word = topi.squeeze(-1).detach()
        return F.log_softmax(torch.cat(outputs, dim=1), dim=-1), hidden


encoder, decoder, losses = Encoder().to(device), Decoder().to(device), []
with torch.no_grad():
    for module in (encoder, decoder):
        for p in module.parameters():
            p.mul_(0).add_(
                torch.cos(torch.arange(p.numel()).float() * 2.1).view(p.shape), alpha=0.4
            )
pairs = [
    (torch.arange(10).view(2, 5) * k % 5 + 2, torch.arange(10).view(2, 5) * (k + 1) % 5 + 2)
    for k in (1, 2, 3)
]
encoder_optimizer = optim.Adam(encoder.parameters(), lr=0.01)
decoder_optimizer = optim.Adam(decoder.parameters(), lr=0.01)
criterion = nn.NLLLoss()
for epoch in range(6):
    for source, target in pairs:
        encoder_optimizer.zero_grad()
        decoder_optimizer.zero_grad()
        encoder_outputs, hidden = encoder(source)
        outputs, _ = decoder(encoder_outputs, hidden, target)
        loss = criterion(outputs.view(-1, outputs.size(-1)), target.view(-1))
        loss.backward()
        encoder_optimizer.step()
        decoder_optimizer.step()
        losses.append(loss.item())
with torch.no_grad():
    answers, _ = decoder(*encoder(pairs[0][0]))
    losses += answers.max(-1)[0].flatten().tolist()
