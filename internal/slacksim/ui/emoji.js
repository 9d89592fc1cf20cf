// A common set of emoji shortcodes. What is not in it is shown as it was written.

const LIST = `+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|eyes 👀|white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌
negative_squared_cross_mark ❎|warning ⚠️|rotating_light 🚨|fire 🔥|tada 🎉|heart ❤️|blue_heart 💙|green_heart 💚|joy 😂|smile 😄|smiley 😃
grinning 😀|slightly_smiling_face 🙂|wink 😉|blush 😊|thinking_face 🤔|disappointed 😞|cry 😢|sob 😭|rage 😡|angry 😠|sweat_smile 😅
neutral_face 😐|no_mouth 😶|sunglasses 😎|wave 👋|pray 🙏|clap 👏|raised_hands 🙌|muscle 💪|ok_hand 👌|point_right 👉|point_left 👈
point_up ☝️|point_down 👇|raised_hand ✋|hand ✋|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢|speech_balloon 💬|thought_balloon 💭
email 📧|envelope ✉️|e-mail 📧|incoming_envelope 📨|outbox_tray 📤|inbox_tray 📥|phone ☎️|telephone ☎️|telephone_receiver 📞|fast_forward ⏩|broken_heart 💔|scroll 📜|twisted_rightwards_arrows 🔀|iphone 📱
pager 📟|computer 💻|desktop_computer 🖥️|printer 🖨️|keyboard ⌨️|globe_with_meridians 🌐|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍
memo 📝|pencil 📝|pencil2 ✏️|page_facing_up 📄|clipboard 📋|books 📚|book 📖|bookmark 🔖|open_book 📖|ledger 📒|newspaper 📰|bulb 💡
mag 🔍|mag_right 🔎|lock 🔒|unlock 🔓|key 🔑|hammer 🔨|wrench 🔧|hammer_and_wrench 🛠️|tools 🛠️|gear ⚙️|nut_and_bolt 🔩|toolbox 🧰
package 📦|truck 🚚|moneybag 💰|credit_card 💳|receipt 🧾|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|calendar 📆
date 📅|spiral_calendar_pad 🗓️|alarm_clock ⏰|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|clock1 🕐|clock3 🕒|zap ⚡|star ⭐|sparkles ✨
boom 💥|snowflake ❄️|sunny ☀️|cloud ☁️|umbrella ☔|droplet 💧|sweat_drops 💦|coffee ☕|lemon 🍋|seedling 🌱|herb 🌿|rocket 🚀|airplane ✈️|ambulance 🚑
construction 🚧|octagonal_sign 🛑|no_entry ⛔|no_entry_sign 🚫|question ❓|grey_question ❔|exclamation ❗|heavy_exclamation_mark ❗|bangbang ‼️
information_source ℹ️|red_circle 🔴|large_blue_circle 🔵|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_purple_circle 🟣
white_circle ⚪|black_circle ⚫|large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|large_blue_square 🟦
small_red_triangle 🔺|small_red_triangle_down 🔻|arrow_up ⬆️|arrow_down ⬇️|arrow_right ➡️|arrow_left ⬅️|arrow_upper_right ↗️|arrow_heading_up ⤴️
arrows_counterclockwise 🔄|repeat 🔁|leftwards_arrow_with_hook ↩️|back 🔙|soon 🔜|top 🔝|new 🆕|sos 🆘|id 🆔|ok 🆗|up 🆙|free 🆓|vs 🆚
100 💯|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|keycap_ten 🔟|hash #️⃣|heavy_plus_sign ➕|heavy_minus_sign ➖|recycle ♻️|infinity ♾️
bust_in_silhouette 👤|busts_in_silhouette 👥|technologist 🧑‍💻|robot_face 🤖|office 🏢|house 🏠|factory 🏭|shopping_trolley 🛒|gift 🎁|trophy 🏆|medal 🏅
ticket 🎫|admission_tickets 🎟️|label 🏷️|card_index 📇|card_file_box 🗃️|file_folder 📁|open_file_folder 📂|wastebasket 🗑️|scissors ✂️|footprints 👣|palm_tree 🌴|straight_ruler 📏|triangular_flag_on_post 🚩
checkered_flag 🏁|flag-de 🇩🇪|de 🇩🇪|flag-fr 🇫🇷|fr 🇫🇷|flag-gb 🇬🇧|gb 🇬🇧|uk 🇬🇧|flag-us 🇺🇸|us 🇺🇸|flag-at 🇦🇹|flag-ch 🇨🇭|flag-es 🇪🇸|flag-it 🇮🇹
zzz 💤|crossed_fingers 🤞|handshake 🤝|face_with_monocle 🧐|partying_face 🥳|shrug 🤷|facepalm 🤦|upside_down_face 🙃|relieved 😌|confused 😕|worried 😟
ear 👂|studio_microphone 🎙️|microphone 🎤|headphones 🎧|speaker 🔈|mute 🔇|black_square_for_stop ⏹️|arrow_forward ▶️|double_vertical_bar ⏸️|battery 🔋|electric_plug 🔌`;

export const EMOJI = new Map(LIST.split(/[|\n]/).map((e) => e.split(' ')));

/** emoji is the character of a shortcode (skin tones are dropped), or undefined. */
export function emoji(name) {
  return EMOJI.get(name.replace(/::skin-tone-\d$/, ''));
}

/** emojify replaces shortcodes in a text. */
export function emojify(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (all, n) => emoji(n) || all);
}

/** QUICK are offered for reactions. */
export const QUICK = ['+1', 'eyes', 'white_check_mark', 'tada', 'heart', 'joy', 'thinking_face', 'warning', 'pray', 'rocket', 'x', 'raised_hands'];
