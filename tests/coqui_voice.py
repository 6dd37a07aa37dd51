"""Run by the Python of `make coqui`: saves a small VITS with random weights in a folder."""

import sys
from pathlib import Path

import torch
from TTS.config.shared_configs import BaseAudioConfig
from TTS.tts.configs.shared_configs import CharactersConfig
from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
from TTS.tts.models.vits import Vits

LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


def main(folder: Path) -> None:
    torch.manual_seed(7)
    size = VitsArgs(
        hidden_channels=32,
        hidden_channels_ffn_text_encoder=64,
        num_heads_text_encoder=2,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=2,
        num_layers_flow=1,
        upsample_initial_channel_decoder=32,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3]],
        use_sdp=False,
        init_discriminator=False,
    )
    config = VitsConfig(
        model_args=size,
        audio=BaseAudioConfig(sample_rate=22050),
        use_phonemes=False,
        text_cleaner="multilingual_cleaners",
        characters=CharactersConfig(
            characters_class="TTS.tts.models.vits.VitsCharacters",
            pad="_",
            eos="",
            bos="",
            blank="",
            characters=LETTERS,
            punctuations="!,.? -",
            phonemes="",
        ),
    )
    folder.mkdir(parents=True, exist_ok=True)
    voice = Vits(config)
    voice.duration_predictor.proj.bias.data.fill_(1.0)  # three frames a letter: less is rounded up to one
    torch.save({"model": voice.state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
