"""The engine `rasa`: a Rasa 3.6 server beside us, which is given each conversation and keeps none."""
