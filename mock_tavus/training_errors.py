"""The 26 causes for which a training can fail (documented), each with a message in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TRAINING_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "download_link": "A video could not be downloaded from the link that was given.",
        "file_size": "A video is larger than 750 MB.",
        "video_format": "A video is not an .mp4 file.",
        "video_codec": "A video is not encoded with h.264.",
        "video_codec_and_format": "A video is neither an .mp4 file nor encoded with h.264.",
        "video_duration": "The training video is shorter than one minute.",
        "video_fps": "The training video runs at fewer than 25 frames per second.",
        "consent_phrase_mismatch": "What is said in the consent statement does not match the phrase that is required.",
        "face_or_obstruction_detected": "No face could be made out for the whole of the video, or something covers it.",
        "lighting_change_detected": "The light changes in the course of the video.",
        "background_noise_detected": "There is too much noise behind the speaker.",
        "video_editing_detected": "The video has cuts or other edits; it must be one continuous take.",
        "community_guidelines_violation": "The video shows something that the community guidelines do not allow.",
        "video_processing": "The picture of the video could not be processed.",
        "excessive_movement_detected": "The person moves too much.",
        "audio_processing": "The sound of the video could not be processed.",
        "quality_issue_detected": "The quality of the video is too low.",
        "hands_obstructing_face": "The hands come before the face.",
        "second_person_detected": "More than one person is in the picture.",
        "improper_distance": "The person is too near to the camera, or too far from it.",
        "inconsistent_distance": "The distance between the person and the camera changes.",
        "face_turned_away": "The face is turned away from the camera.",
        "improper_camera_angle": "The camera is not level with the eyes.",
        "poor_lighting": "The face is not lit well enough.",
        "teeth_not_visible": "The teeth cannot be seen while the person speaks.",
        "other_quality_issue": "The video has a flaw that makes it unfit for training.",
    }
)
