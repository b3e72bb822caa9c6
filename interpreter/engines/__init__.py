"""The engines: interchangeable ways to decode. Same machine, prompt and budget in, same tokens out."""
